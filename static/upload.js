// Sends the bundles that are chosen or dropped, one after the other, and shows how far each is.
// Without this script, the form sends them itself.
"use strict";

(() => {
  const form = document.getElementById("upload");
  const list = document.getElementById("uploads");
  const base = document.body.dataset.base;
  const input = form.querySelector("input[type=file]");
  const words = form.dataset;
  const pause = 500; // milliseconds between two looks at a job
  const ended = ["done", "failed", "cancelled"];
  let queue = Promise.resolve();

  const line = (name) => {
    const item = document.createElement("li");
    const said = document.createElement("span");
    const bar = document.createElement("progress");
    const title = document.createElement("strong");
    title.textContent = name;
    said.textContent = ` ${words.sending}`;
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute("aria-label", name);
    const text = document.createElement("div");
    text.append(title, said);
    item.append(text, bar);
    list.append(item);
    return {
      progress: (share) => (bar.value = share),
      waits: () => {
        said.textContent = ` ${words.working}`;
        bar.removeAttribute("value");
      },
      fails: (reason) => {
        bar.remove();
        said.textContent = ` ${words.failed}: ${reason}`;
        said.className = "problem";
      },
      published: (release, word) => {
        bar.remove();
        const link = document.createElement("a");
        link.href = `${base}/status/releases/${encodeURIComponent(release.slug)}`;
        link.textContent = `${release.slug} ${release.version}`;
        said.textContent = ` ${word} `;
        said.append(link);
      },
    };
  };

  const read = (text) => {
    try {
      return JSON.parse(text);
    } catch {
      return {};
    }
  };

  const follow = async (id, shown) => {
    for (;;) {
      const answer = await fetch(`${base}/api/plugins/jobs/${id}`);
      const job = await answer.json();
      if (!answer.ok) return shown.fails(job.detail);
      if (!ended.includes(job.state)) {
        await new Promise((resolve) => setTimeout(resolve, pause));
      } else if (job.state === "done") {
        return shown.published(job.result, words.created);
      } else {
        return shown.fails(job.error?.detail ?? job.state);
      }
    }
  };

  const send = (file) =>
    new Promise((resolve) => {
      const shown = line(file.name);
      const request = new XMLHttpRequest();
      const end = (promise) => Promise.resolve(promise).catch(() => shown.fails(words.broken)).then(resolve);
      request.open("POST", `${base}/api/plugins`);
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.upload.addEventListener("progress", (event) => shown.progress(event.loaded / event.total));
      request.upload.addEventListener("load", shown.waits);
      request.addEventListener("error", () => end(shown.fails(words.broken)));
      request.addEventListener("load", () => {
        const answer = read(request.responseText);
        if (request.status === 202) end(follow(answer.id, shown));
        else if (request.status === 201) end(shown.published(answer, words.created));
        else if (request.status === 200) end(shown.published(answer, words.known));
        else end(shown.fails(answer.detail ?? request.statusText));
      });
      request.send(file);
    });

  const add = (files) => {
    for (const file of files) queue = queue.then(() => send(file));
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    add([...input.files]);
    form.reset();
  });
  for (const type of ["dragenter", "dragover"]) {
    form.addEventListener(type, (event) => {
      event.preventDefault();
      form.classList.add("over");
    });
  }
  for (const type of ["dragleave", "drop"]) {
    form.addEventListener(type, () => form.classList.remove("over"));
  }
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    add([...event.dataTransfer.files]);
  });
})();
