// For pages that show plugins while somebody writes one: reloads the page when the signed-in user
// got a development release (`pluginhub dev`), or had what they had before again.
//
//   <script src="/static/dev-reload.js" defer></script>
"use strict";

(() => {
  const api = new URL("../api/v1/", document.currentScript.src);
  const remembered = "pluginhub-development"; // slugs whose development releases were seen here
  const inDevelopment = /\+([0-9A-Za-z._-]+\.)?dev\.[0-9]+$/;

  const seen = () => JSON.parse(sessionStorage.getItem(remembered) ?? "[]");

  const concerns = ({ slug, version }) => {
    const slugs = new Set(seen());
    const known = slugs.has(slug);
    const tried = inDevelopment.test(version);
    if (tried) slugs.add(slug);
    else slugs.delete(slug);
    sessionStorage.setItem(remembered, JSON.stringify([...slugs]));
    return known || tried;
  };

  const listen = (user) => {
    const source = new EventSource(new URL("events", api), { withCredentials: true });
    const happened = ({ data }) => {
      const event = JSON.parse(data);
      if (event.user !== user || !concerns(event)) return;
      source.close();
      location.reload();
    };
    for (const type of ["installed", "updated", "rolled-back", "removed"]) {
      source.addEventListener(type, happened);
    }
  };

  const start = async () => {
    const answer = await fetch(new URL("auth/me", api), { credentials: "include" });
    if (answer.ok) listen((await answer.json()).username);
  };

  start().catch(() => {}); // the page works without it
})();
