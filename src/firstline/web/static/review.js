// What a script adds to the review page: a claim that lasts, checks while typing, focus in pop-ups.
"use strict";
(() => {
  const { all, say } = window.firstline;
  const place = document.querySelector(".case[data-mine]");
  const post = (address, body) => fetch(address, { method: "POST", body, headers: { "X-Fragment": "1" } });

  // The claim: renewed while the page is open and seen, given back when it is left.
  if (place) {
    const address = `/review/${place.dataset.ticket}`, version = place.dataset.version;
    const renew = () => { if (!document.hidden) post(`${address}/renew?version=${version}`); };
    setInterval(renew, 240000);
    document.addEventListener("visibilitychange", renew);
    let deciding = false;
    document.addEventListener("submit", () => { deciding = true; });
    addEventListener("pagehide", () => { if (!deciding) navigator.sendBeacon(`${address}/leave?version=${version}`); });
    addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  }

  // What was just decided is said aloud; the reader hears the next ticket's title by itself.
  const said = document.querySelector(".said");
  if (said) setTimeout(() => say(said.textContent), 100);

  // Pop-ups of the decision bar: one at a time, the first field gets the focus, Escape closes.
  const pops = all(".decide details");
  pops.forEach((pop) => pop.addEventListener("toggle", () => {
    if (!pop.open) return;
    pops.forEach((other) => { if (other !== pop) other.open = false; });
    pop.querySelector("select, button, input:not([type=hidden])").focus();
  }));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    pops.filter((pop) => pop.open).forEach((pop) => { pop.open = false; pop.querySelector("summary").focus(); });
  });

  // A decision is sent once, however often its key is pressed.
  let sent = false;
  document.addEventListener("submit", (event) => {
    if (event.target.method !== "post") return;
    if (sent) event.preventDefault();
    sent = true;
  });
  addEventListener("pageshow", () => { sent = false; });

  // The editor: what the checks say, after a pause in the typing; only the newest answer counts.
  const form = document.querySelector("[data-check]");
  if (form) {
    const result = document.getElementById("checked"), text = form.elements.text;
    let timer = 0, number = 0;
    const look = async () => {
      const mine = ++number;
      result.setAttribute("aria-busy", "true");
      const answer = await post(form.dataset.check, new URLSearchParams({ text: text.value })).catch(() => null);
      if (mine !== number || !answer) return;
      if (answer.ok) result.replaceChildren(document.createRange().createContextualFragment(await answer.text()));
      result.removeAttribute("aria-busy");
    };
    text.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(look, 700); });
    text.setSelectionRange(0, 0);
  }
})();
