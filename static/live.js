// Shows what changed on the server without a reload: parts marked with data-live are fetched anew
// when an event comes, and left alone while somebody is filling something in.
"use strict";

(() => {
  const base = document.body.dataset.base;
  const pause = 300; // milliseconds in which several events become one look
  let waiting = null;

  const isBusy = (part) =>
    part.contains(document.activeElement) && document.activeElement.matches("input, select, textarea");

  const renew = async () => {
    waiting = null;
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of document.querySelectorAll("[data-live]")) {
      const other = fresh.getElementById(part.id);
      if (!other || isBusy(part) || other.innerHTML === part.innerHTML) continue;
      const open = [...part.querySelectorAll("details[open][id]")].map((it) => it.id);
      const focused = document.activeElement?.closest("[id]")?.id;
      part.replaceChildren(...other.childNodes);
      for (const id of open) document.getElementById(id)?.setAttribute("open", "");
      if (focused) document.getElementById(focused)?.focus();
    }
  };

  const soon = () => {
    waiting ??= setTimeout(renew, pause);
  };

  // Numbers that no event tells of are looked at again now and then, while somebody sees them.
  const every = Math.min(...[...document.querySelectorAll("[data-live-every]")].map((it) => Number(it.dataset.liveEvery)));
  if (Number.isFinite(every)) {
    setInterval(() => document.visibilityState === "visible" && soon(), every * 1000);
  }

  const source = new EventSource(`${base}/api/v1/events`);
  const types = [
    "published", "installed", "updated", "rolled-back", "removed", "enabled", "disabled",
    "configured", "yanked", "unyanked", "approved", "cleanup",
  ];
  for (const type of types) source.addEventListener(type, soon);
})();
