/* The chat on a company's own pages: a button, and a frame behind it. See docs/chat.md. */
(() => {
  "use strict";
  const script = document.currentScript;
  if (!script || document.getElementById("firstline-chat")) return;
  const said = script.dataset;
  const home = new URL(script.src).origin;
  const host = document.createElement("div");
  host.id = "firstline-chat";
  const root = host.attachShadow({ mode: "closed" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :host { all: initial; }
    button, iframe { position: fixed; z-index: 2147483000; border: 0; margin: 0;
      inset-block-end: max(16px, env(safe-area-inset-bottom)); inset-inline-end: 16px; }
    :host([data-side="left"]) :is(button, iframe) { inset-inline: 16px auto; }
    button { font: 600 16px/1.25 system-ui, sans-serif; padding: 13px 20px; border-radius: 999px;
      color: #fff; background: #0b6b63; cursor: pointer; box-shadow: 0 2px 12px #0006; max-width: calc(100vw - 32px); }
    button:hover { background: #084f49; }
    button:focus-visible { outline: 3px solid #fff; outline-offset: -5px; box-shadow: 0 0 0 3px #0b6b63; }
    button[data-unread]::after { content: ""; position: absolute; inset: -2px -2px auto auto; width: 14px; height: 14px;
      border-radius: 50%; background: #c62828; border: 2px solid #fff; }
    iframe { width: min(400px, calc(100vw - 32px)); height: min(640px, calc(100dvh - 32px)); border-radius: 14px;
      box-shadow: 0 6px 36px #0007; background: Canvas; color-scheme: light dark; }
    [hidden] { display: none; }
    @media (max-width: 480px) { iframe { inset: 0; width: 100vw; height: 100dvh; border-radius: 0; } }
    @media (forced-colors: active) { button { border: 2px solid ButtonText; } }`);
  root.adoptedStyleSheets = [sheet];
  if (said.side === "left") host.dataset.side = "left";
  const label = said.label || "Chat with us";
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = label;
  button.setAttribute("aria-haspopup", "dialog");
  button.setAttribute("aria-expanded", "false");
  const frame = document.createElement("iframe");
  frame.title = label;
  frame.hidden = true;
  root.append(button, frame);

  let ready = false;
  const tell = (message) => { if (ready) frame.contentWindow.postMessage(message, home); };
  /* Who the visitor is: fetched anew whenever the frame asks, because a token is good for minutes. */
  const identity = async () => {
    if (!said.identityUrl) return said.identity || "";
    const answer = await fetch(new URL(said.identityUrl, location.href), { credentials: "same-origin", cache: "no-store" });
    return answer.ok ? (await answer.text()).trim() : "";
  };
  const show = (open) => {
    if (open && !frame.src) frame.src = home + "/chat";
    frame.hidden = !open;
    button.hidden = open;
    button.removeAttribute("data-unread");
    button.setAttribute("aria-expanded", String(open));
    if (open) {
      frame.focus();
      tell({ firstline: "open" });
    } else {
      tell({ firstline: "closed" });
      button.focus();
    }
  };
  button.addEventListener("click", () => show(true));
  addEventListener("message", (event) => {
    if (event.origin !== home || event.source !== frame.contentWindow) return;
    const what = event.data && event.data.firstline;
    if (what === "ready") {
      ready = true;
      tell({ firstline: "hello", open: !frame.hidden });
      identity().catch(() => "").then((token) => tell({ firstline: "identity", token }));
    } else if (what === "close") {
      show(false);
    } else if (what === "unread" && frame.hidden) {
      button.setAttribute("data-unread", "");
    }
  });
  const place = () => document.body.append(host);
  if (document.body) place();
  else addEventListener("DOMContentLoaded", place);
})();
