// Shows the stages of a trial as they are done. Without it the form answers with a page of its own.
"use strict";
(() => {
  const form = document.querySelector("[data-try]");
  if (!form || !window.ReadableStream) return;
  const doing = document.querySelector("[data-doing]"), summary = document.querySelector("[data-summary]");
  const stages = document.querySelector("[data-stages]"), button = form.querySelector("button.primary");
  const put = (place, html) => {
    place.replaceChildren(document.createRange().createContextualFragment(html));
    window.firstline.ready(place);
  };
  const say = (text) => { doing.hidden = !text; doing.textContent = text; };
  const look = (place) => { if (place.getBoundingClientRect().top > innerHeight * .8) place.scrollIntoView({ block: "start" }); };

  const told = {
    doing: (said) => say(`${said.text} …`),
    stages: (said) => { put(stages, said.html); say(`${said.text} …`); },
    done: (said) => { put(summary, said.summary); put(stages, said.html); say(""); look(summary); },
    refused: (said) => {
      const line = document.createElement("p");
      line.className = "notice bad"; line.textContent = said.text;
      summary.replaceChildren(line); say("");
    },
  };

  // Server-sent events of an answer to a POST, which EventSource cannot read.
  const events = async (answer) => {
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let rest = "", part = await reader.read(); !part.done; part = await reader.read()) {
      const blocks = (rest + part.value).split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) {
        const name = /^event: (\w+)$/m.exec(block), data = /^data: (.*)$/m.exec(block);
        if (name && data && told[name[1]]) told[name[1]](JSON.parse(data[1]));
      }
    }
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    summary.replaceChildren(); stages.replaceChildren(); say("Reading …");
    try {
      const answer = await fetch(form.dataset.try, { method: "POST", body: new FormData(form) });
      if (answer.ok) await events(answer);
      else told.refused({ text: answer.status === 401 ? "You are not signed in any more." : "The server refused it." });
    } catch {
      told.refused({ text: "The server cannot be reached." });
    }
    say("");
    button.disabled = false;
  });
})();
