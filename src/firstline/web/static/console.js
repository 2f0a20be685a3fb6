// What a script adds to every page: keys, live regions, local times, the theme. All of it is optional.
"use strict";
(() => {
  const all = (query, root = document) => Array.from(root.querySelectorAll(query));
  const say = (text) => { const place = document.querySelector("[data-say]"); if (place) place.textContent = text; };

  // The theme: the system's, unless the person chose.
  const themes = { get: () => { try { return localStorage.getItem("theme"); } catch { return null; } },
    set: (name) => { try { localStorage.setItem("theme", name); } catch { /* not kept then */ } } };
  const chosen = themes.get();
  if (chosen) document.documentElement.dataset.theme = chosen;
  const flip = () => {
    const dark = document.documentElement.dataset.theme
      ? document.documentElement.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    document.documentElement.dataset.theme = dark ? "light" : "dark";
    themes.set(document.documentElement.dataset.theme);
  };

  // Times are in UTC in the page and local on the screen; the exact one stays in the title.
  const localTimes = (root) => all("time[datetime]", root).forEach((place) => {
    const time = new Date(place.dateTime);
    if (Number.isNaN(time.getTime()) || place.title) return;
    place.title = place.dateTime;
    place.textContent = time.toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
  });

  // Keys live in the markup: data-key="a" is clicked, or focused when it is a field.
  const typing = (place) => place.matches("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
  const keyed = (key) => all("[data-key]").find((place) => place.dataset.key === key && !place.disabled && !place.closest("[inert]") &&
    (place.dataset.opens || place.getClientRects().length || place.matches("a")));
  let first = "";
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && typing(event.target)) { event.target.blur(); return; }
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || typing(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    const place = keyed(`${first} ${event.key}`.trim());
    first = !place && all("[data-key]").some((other) => other.dataset.key.startsWith(`${event.key} `)) ? event.key : "";
    if (!place) return;
    event.preventDefault();
    if (typing(place)) { place.focus(); if (place.select) place.select(); } else place.click();
  });
  const listKeys = () => {
    const list = document.querySelector("[data-keys]");
    list.replaceChildren(...all("[data-key-label]").flatMap((place) => {
      const term = document.createElement("dt"), text = document.createElement("dd"), key = document.createElement("kbd");
      key.textContent = place.dataset.key; term.append(key); text.textContent = place.dataset.keyLabel;
      return [term, text];
    }));
  };
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) {
      const dialog = document.getElementById(opener.dataset.opens);
      if (opener.dataset.opens === "keys") listKeys();
      if (dialog && dialog.showModal) { event.preventDefault(); dialog.showModal(); }
    }
    if (event.target.closest("[data-theme-switch]")) flip();
    all("details[data-menu][open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
  });

  // Live regions: the stream names a topic, the region is fetched anew with this person's rights.
  const refresh = async (region) => {
    if (region.contains(document.activeElement) && typing(document.activeElement)) return;
    const answer = await fetch(region.dataset.liveUrl, { headers: { "X-Fragment": "1" } });
    if (!answer.ok) return;
    const focused = region.contains(document.activeElement) ? document.activeElement.id : "";
    region.replaceChildren(document.createRange().createContextualFragment(await answer.text()));
    ready(region);
    if (focused) document.getElementById(focused)?.focus();
    region.dispatchEvent(new CustomEvent("refreshed", { bubbles: true }));
  };
  let source = null;
  const listen = () => {
    const topics = [...new Set(all("[data-live]").map((region) => region.dataset.live))];
    if (!topics.length || source || document.hidden) return;
    source = new EventSource(`/live?topics=${encodeURIComponent(topics.join(","))}`);
    source.addEventListener("changed", (event) => all("[data-live]")
      .filter((region) => region.dataset.live === event.data).forEach(refresh));
  };
  const deafen = () => { if (source) { source.close(); source = null; } };
  document.addEventListener("visibilitychange", () => (document.hidden ? deafen() : listen()));
  addEventListener("pagehide", deafen);

  const ready = (root) => {
    localTimes(root);
    all("[data-theme-switch], [data-opens], [data-script]", root).forEach((place) => { place.hidden = false; });
  };
  window.firstline = { all, say, refresh, ready };
  document.addEventListener("DOMContentLoaded", () => { ready(document); listen(); });
})();
