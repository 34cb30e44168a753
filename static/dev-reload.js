// For pages that show plugins while somebody writes one: reloads the page when the signed-in user
// got a development release (`pluginhub dev`), or had what they had before again.
//
//   <script src="/static/dev-reload.js" defer></script>
"use strict";

(() => {
  const api = new URL("../api/v1/", document.currentScript.src);
  const remembered = "pluginhub-development";
  const inDevelopment = /\+([0-9A-Za-z._-]+\.)?dev\.[0-9]+$/;
  const pause = 10; // milliseconds in which events of the past come together

  // slugs: of which development releases were seen here. last: the event to go on after, so that
  // nothing is missed while the page loads.
  const memory = { slugs: [], last: null, ...JSON.parse(sessionStorage.getItem(remembered)) };

  const concerns = ({ slug, version }) => {
    const known = memory.slugs.includes(slug);
    const tried = inDevelopment.test(version);
    memory.slugs = memory.slugs.filter((other) => other !== slug);
    if (tried) memory.slugs.push(slug);
    return known || tried;
  };

  const listen = (user) => {
    const since = memory.last === null ? "" : `?last_event_id=${memory.last}`;
    const source = new EventSource(new URL(`events${since}`, api), { withCredentials: true });
    let reloading = null;
    const happened = ({ data }) => {
      const event = JSON.parse(data);
      memory.last = event.id;
      if (event.user === user && concerns(event)) {
        reloading ??= setTimeout(() => location.reload(), pause);
      }
      sessionStorage.setItem(remembered, JSON.stringify(memory));
    };
    for (const type of ["installed", "updated", "rolled-back", "removed"]) {
      source.addEventListener(type, happened);
    }
    addEventListener("pagehide", () => source.close());
  };

  const start = async () => {
    const answer = await fetch(new URL("auth/me", api), { credentials: "include" });
    if (answer.ok) listen((await answer.json()).username);
  };

  start().catch(() => {}); // the page works without it
})();
