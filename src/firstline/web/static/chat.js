/* The chat's frame. Without this script the form does the same, a page at a time. See docs/chat.md. */
(() => {
  "use strict";
  const API = "/api/v1/chat/";
  const KEY = "firstline-chat";
  const SILENCE_MS = 40000; /* The server says something every 15 s; after this the stream is dead. */
  const HIDDEN_MS = 60000;  /* A tab nobody sees lets its stream go: browsers allow about six a host. */
  const IDENTITY_MS = 8000;
  const WORDS = { received: "Received", looking: "Looking it up", writing: "Writing an answer", checking: "Checking the answer" };
  const WHO = { customer: "You", bot: "Automatic answer", staff: "Written by a person", system: "Note" };
  const ANSWERS = [["yes", "Yes"], ["no", "No"], ["more_help", "I need more help"]];
  const get = (id) => document.getElementById(id);
  const log = get("log"), form = get("write"), field = get("text"), progress = get("progress");
  const problem = get("problem"), personButton = get("person"), closeButton = get("close"), fresh = get("new");
  const sites = document.body.dataset.sites.split(" ").filter(Boolean);
  const framed = window.parent !== window;

  /* What this tab remembers. A browser keeps it apart for each site the frame is on; where it keeps
     nothing for frames at all, the session lasts as long as the page. */
  const memory = { session: "", pending: [], draft: "" };
  const keep = () => { try { sessionStorage.setItem(KEY, JSON.stringify(memory)); } catch { /* not kept */ } };
  try { Object.assign(memory, JSON.parse(sessionStorage.getItem(KEY) || "{}")); } catch { /* nothing kept */ }
  for (const item of memory.pending) item.here = false;

  let last = 0, tries = 0, running = null, starting = null, retryTimer = 0, hiddenTimer = 0;
  let parentOrigin = "", identity = "", open = !framed, person = false, stopped = false, begun = false;
  let told = !framed; /* Whether it is known who the visitor is, or that nobody will say. */

  const allowed = (origin) => origin === location.origin || sites.some((site) => {
    const wild = /^https:\/\/\*\.(.+)$/.exec(site);
    return wild ? origin.startsWith("https://") && origin.endsWith("." + wild[1]) : origin === site;
  });
  const toParent = (what) => { if (parentOrigin) window.parent.postMessage({ firstline: what }, parentOrigin); };
  const say = (text) => { problem.textContent = text; };
  const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");

  /* ---- asking the server ---- */
  const ask = (method, path, body) => fetch(API + path, {
    method, credentials: "omit", cache: "no-store",
    headers: Object.assign(body ? { "Content-Type": "application/json" } : {}, memory.session ? { Authorization: "Bearer " + memory.session } : {}),
    body: body ? JSON.stringify(body) : undefined,
  });
  const detail = async (answer) => {
    try { return (await answer.json()).detail || ""; } catch { return ""; }
  };

  const begin = () => {
    starting = starting || (async () => {
      const answer = await ask("POST", "session", { identity, session: memory.session });
      if (!answer.ok) throw Object.assign(new Error("session"), { answer });
      const said = await answer.json();
      if (!said.resumed) {
        /* Another visitor may have left what is remembered from before this page: it is not theirs. */
        if (!begun) drop();
        clear();
      }
      if (!begun && !field.value) field.value = memory.draft;
      memory.session = said.session;
      if (!begun) memory.pending.forEach(place);
      begun = true;
      keep();
    })().finally(() => { starting = null; });
    return starting;
  };

  /* ---- showing ---- */
  const make = (tag, text, name) => {
    const made = document.createElement(tag);
    if (text) made.textContent = text;
    if (name) made.className = name;
    return made;
  };
  const paragraph = (text) => { const made = make("p", text); made.dir = "auto"; return made; };
  const atEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  /* The newest entry comes into view; of one that is longer than the view, its beginning. */
  const follow = (was, entry) => {
    if (was) log.scrollTop = entry && entry.offsetHeight > log.clientHeight ? entry.offsetTop - log.offsetTop - 8 : log.scrollHeight;
  };
  const clear = () => {
    for (const entry of log.querySelectorAll(".entry:not([data-number='0'], .pending, .failed)")) entry.remove();
    last = 0;
  };
  const drop = () => {
    memory.pending = memory.pending.filter((item) => item.here);
    memory.draft = "";
    for (const entry of log.querySelectorAll(".pending, .failed")) {
      if (!memory.pending.some((item) => item.id === entry.dataset.id)) entry.remove();
    }
  };
  const feedbackOf = (message) => {
    const group = make("div", "", "feedback");
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", "Was this helpful?");
    group.dataset.feedback = message.number;
    group.append(make("span", "Was this helpful?"));
    for (const [answer, label] of ANSWERS) {
      const button = make("button", label);
      button.type = "button";
      button.dataset.answer = answer;
      button.setAttribute("aria-pressed", String(message.feedback === answer));
      group.append(button);
    }
    return group;
  };
  const entryOf = (message) => {
    const entry = make("article", "", "entry " + message.author);
    entry.dataset.number = message.number;
    if (message.id) entry.dataset.id = message.id;
    entry.append(make("h2", WHO[message.author]), ...message.paragraphs.map(paragraph));
    if (message.sources.length) {
      const list = make("ul", "", "sources");
      list.setAttribute("aria-label", "Sources");
      for (const source of message.sources) {
        const item = make("li", source.url ? "" : source.title);
        item.dir = "auto";
        if (/^https?:\/\//.test(source.url)) {
          const link = make("a", source.title);
          link.href = source.url;
          link.target = "_blank";
          link.rel = "noopener noreferrer";
          item.append(link);
        }
        list.append(item);
      }
      entry.append(list);
    }
    if (message.kind === "reply") entry.append(feedbackOf(message));
    return entry;
  };
  const ownEntry = (id) => Array.from(log.querySelectorAll(".entry[data-id]")).find((entry) => entry.dataset.id === id);
  const show = (message) => {
    if (message.number <= last) return;
    last = message.number;
    const was = atEnd();
    const own = message.id && ownEntry(message.id);
    let shown = own;
    if (own) {
      /* It stands there already: it is only confirmed, so that nobody hears it twice. */
      own.className = "entry customer";
      own.dataset.number = message.number;
      own.querySelectorAll("p").forEach((text) => text.remove());
      own.querySelectorAll("button").forEach((button) => button.remove());
      own.append(...message.paragraphs.map(paragraph));
    } else {
      const waiting = log.querySelector(".entry.pending, .entry.failed");
      shown = log.insertBefore(entryOf(message), waiting);
    }
    follow(was, shown);
    if (message.author !== "customer" && framed && (!open || document.hidden)) toParent("unread");
  };
  const showState = (state) => {
    person = state.person;
    progress.textContent = WORDS[state.progress] || (person ? "A person answers here" : "");
    progress.toggleAttribute("data-busy", Boolean(WORDS[state.progress]));
    personButton.textContent = person ? "A person has this" : "Talk to a person";
    personButton.setAttribute("aria-disabled", String(person));
  };

  /* ---- sending: a message keeps its id until the server has it, so trying again is safe ---- */
  const forget = (id) => {
    memory.pending = memory.pending.filter((item) => item.id !== id);
    keep();
  };
  const fail = (item, text) => {
    const entry = ownEntry(item.id);
    if (!entry) return;
    entry.className = "entry customer failed";
    if (!entry.querySelector("button")) {
      const again = make("button", "Send again");
      again.type = "button";
      again.addEventListener("click", () => { again.remove(); item.failed = false; entry.className = "entry customer pending"; say(""); flush(); });
      entry.append(again);
    }
    item.failed = true;
    keep();
    say(text);
  };
  const place = (item) => {
    if (ownEntry(item.id)) return;
    const entry = make("article", "", "entry customer pending");
    entry.dataset.id = item.id;
    entry.append(make("h2", WHO.customer), paragraph(item.text || "Talk to a person"));
    log.append(entry);
    log.scrollTop = log.scrollHeight;
  };
  let flushing = false;
  const flush = async () => {
    if (flushing || !told) return; /* What is written before that is sent once it is. */
    flushing = true;
    try {
      for (let item; (item = memory.pending.find((one) => !one.failed));) {
        if (!begun || !memory.session) await begin();
        const body = item.person && !item.text ? { id: item.id } : { id: item.id, text: item.text };
        const answer = await ask("POST", item.person ? "person" : "messages", body);
        if (answer.status === 202) {
          forget(item.id);
          const entry = ownEntry(item.id);
          if (entry) entry.classList.remove("pending");
          if (!progress.textContent && !person && !item.person) showState({ progress: "received", person });
          say("");
          if (!running) connect();
        } else if (answer.status === 401) {
          memory.session = "";
          await begin();
          reconnect(0);
        } else if (answer.status >= 500) {
          throw new Error("server");
        } else {
          fail(item, await detail(answer) || "This was not sent.");
        }
      }
    } catch (error) {
      const text = error.answer ? await detail(error.answer) : "";
      say(text || "There is no connection. What you wrote is kept and sent when there is one.");
      later();
    } finally {
      flushing = false;
    }
  };
  const send = (text, wantsPerson) => {
    const item = { id: newId(), text, person: wantsPerson, here: true };
    memory.pending.push(item);
    keep();
    place(item);
    flush();
  };

  /* ---- following: like EventSource, but the token travels in a header and not in an address ---- */
  const handle = (block) => {
    let name = "message", data = "";
    for (const line of block.split("\n")) {
      if (line.startsWith("event: ")) name = line.slice(7);
      else if (line.startsWith("data: ")) data += line.slice(6);
    }
    if (!data) return;
    if (name === "message") show(JSON.parse(data));
    else if (name === "state") showState(JSON.parse(data));
    else if (name === "replaced") stopped = true;
  };
  const read = async (control) => {
    const answer = await fetch(API + "events?after=" + last, {
      credentials: "omit", cache: "no-store", signal: control.signal,
      headers: { Authorization: "Bearer " + memory.session, Accept: "text/event-stream", "Last-Event-ID": String(last) },
    });
    if (answer.status === 401) { memory.session = ""; await begin(); return; }
    if (!answer.ok) throw new Error("stream");
    tries = 0;
    say("");
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "", watchdog = 0;
    const watch = () => { clearTimeout(watchdog); watchdog = setTimeout(() => control.abort(), SILENCE_MS); };
    try {
      for (watch();;) {
        const { value, done } = await reader.read();
        if (done) return;
        watch();
        rest += value;
        for (let end; (end = rest.indexOf("\n\n")) >= 0;) {
          handle(rest.slice(0, end));
          rest = rest.slice(end + 2);
        }
      }
    } finally {
      clearTimeout(watchdog);
    }
  };
  const connect = async () => {
    if (running || stopped) return;
    clearTimeout(retryTimer);
    const control = running = new AbortController();
    try {
      if (!begun || !memory.session) await begin();
      flush();
      await read(control);
    } catch (error) {
      if (control !== running) return;
      if (error.answer) say(await detail(error.answer));
      else if (tries > 1) say("There is no connection. It is tried again.");
    }
    if (control !== running) return;
    running = null;
    later();
  };
  const later = () => {
    if (stopped || running || document.hidden && hiddenTimer === -1) return;
    clearTimeout(retryTimer);
    const wait = Math.min(500 * 2 ** tries, 15000) * (0.75 + Math.random() / 2);
    tries += 1;
    retryTimer = setTimeout(connect, wait);
  };
  const reconnect = () => {
    const before = running;
    running = null;
    if (before) before.abort();
    tries = 0;
    stopped = false;
    connect();
  };
  const pause = () => {
    hiddenTimer = -1;
    clearTimeout(retryTimer);
    const before = running;
    running = null;
    if (before) before.abort();
  };

  /* ---- what a visitor does ---- */
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const pressed = event.submitter;
    const text = field.value.trim();
    if (pressed && pressed.value === "person") {
      if (!person) { field.value = ""; send(text, true); }
    } else if (text) {
      field.value = "";
      send(text, false);
    }
    memory.draft = "";
    keep();
    field.focus();
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit(form.querySelector("[value=send]"));
    }
  });
  field.addEventListener("input", () => { memory.draft = field.value; keep(); });
  log.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-answer]");
    if (!button) return;
    event.preventDefault();
    const group = button.closest("[data-feedback]");
    try {
      const answer = await ask("POST", "feedback", { message: Number(group.dataset.feedback), answer: button.dataset.answer });
      if (!answer.ok) { say(await detail(answer) || "That was not kept. Try again."); return; }
    } catch {
      say("There is no connection. Try again in a moment.");
      return;
    }
    say("");
    for (const other of group.querySelectorAll("button")) other.setAttribute("aria-pressed", String(other === button));
    group.querySelector("span").textContent = "Thank you.";
  });
  fresh.addEventListener("click", async (event) => {
    event.preventDefault();
    try {
      const answer = await ask("POST", "conversation");
      if (answer.status === 401) { memory.session = ""; await begin(); }
      else if (!answer.ok) { say(await detail(answer)); return; }
      else memory.session = (await answer.json()).session;
    } catch {
      say("There is no connection. Try again in a moment.");
      return;
    }
    memory.pending = [];
    log.querySelectorAll(".pending, .failed").forEach((entry) => entry.remove());
    clear();
    showState({ progress: "", person: false });
    keep();
    say("");
    reconnect();
    field.focus();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && framed) toParent("close");
  });
  closeButton.addEventListener("click", () => toParent("close"));
  addEventListener("online", () => { reconnect(); flush(); });
  addEventListener("offline", () => say("There is no connection. What you write is kept and sent when there is one."));
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      hiddenTimer = setTimeout(pause, HIDDEN_MS);
    } else {
      clearTimeout(hiddenTimer);
      hiddenTimer = 0;
      if (!running) reconnect();
    }
  });

  /* ---- beginning: in a frame, the page around it is asked who the visitor is ---- */
  const start = () => connect();
  field.required = false;
  if (!framed) {
    start();
  } else {
    const timer = setTimeout(() => { told = true; start(); }, IDENTITY_MS);
    addEventListener("message", (event) => {
      if (event.source !== window.parent || !allowed(event.origin) || !event.data) return;
      const what = event.data.firstline;
      if (what === "hello") {
        parentOrigin = event.origin;
        closeButton.hidden = false;
        open = event.data.open === true;
        if (open) field.focus();
      } else if (what === "identity" && !told) {
        told = true;
        clearTimeout(timer);
        identity = String(event.data.token || "");
        start();
      } else if (what === "open") {
        open = true;
        field.focus();
        if (!running && told) reconnect();
      } else if (what === "closed") {
        open = false;
      }
    });
    window.parent.postMessage({ firstline: "ready" }, "*");
  }
})();
