"use strict";
// Keeps the page up to date: by the stream of events, or, while there is none, by asking every few seconds. What is
// shown is made by the server alone; here only what differs is changed, so that focus and selection stay.
const byId = id => document.getElementById(id);
const live = byId("live"), pause = byId("pause"), root = document.documentElement;
let stream, timer, offset, told, since, paused = false, failures = 0, mode = "";

function put(old, fresh) {
  if (old.nodeName !== fresh.nodeName) return old.replaceWith(fresh);
  if (old.nodeType === 3) { if (old.data !== fresh.data) old.data = fresh.data; return; }
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  const before = [...old.childNodes], after = [...fresh.childNodes];
  after.forEach((node, index) => index < before.length ? put(before[index], node) : old.append(node));
  before.slice(after.length).forEach(node => node.remove());
}

function show(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html"), page = fresh.getElementById("page");
  if (!page) return;
  document.title = fresh.title;
  const icon = "link[rel=icon]", href = fresh.querySelector(icon).getAttribute("href");
  if (document.querySelector(icon).getAttribute("href") !== href) document.querySelector(icon).setAttribute("href", href);
  put(byId("page"), page);
  root.classList.remove("lost");
  failures = 0;
  begin();
}

// The server's clock counts, not the one of this machine.
function begin() {
  since = Date.now();
  told = +byId("page").firstElementChild.dataset.now;
  offset = since / 1000 - told;
  tick();
}

function ago(seconds) {
  if (seconds < 2) return "now";
  for (const [size, unit] of [[86400, "d"], [3600, "h"], [60, "min"]])
    if (seconds >= size) return Math.floor(seconds / size) + " " + unit + " ago";
  return Math.floor(seconds) + " s ago";
}

function tick() {
  // The server sends something every 10 s: what is silent for longer is a connection that is gone.
  if (mode === "stream" && Date.now() - since > 30000) { stream.close(); mode = "poll"; poll(); again(); }
  for (const node of document.querySelectorAll("time + i")) {
    const text = ago(Date.now() / 1000 - offset - Date.parse(node.previousElementSibling.dateTime) / 1000);
    if (node.textContent !== text) node.textContent = text;
  }
}

function say(text) { if (live.textContent !== text) live.textContent = text; }

function lost() {
  failures += 1;
  root.classList.add("lost");
  document.title = "? " + document.title.replace(/^\? /, "");
  say("No answer. This is the state of " + new Date(told * 1000).toISOString().slice(11, 19) + " UTC.");
}

async function poll() {
  clearTimeout(timer);
  if (paused || mode === "stream") return;
  try {
    const answer = await fetch("/", { cache: "no-store", signal: AbortSignal.timeout(4000) });
    if (!answer.ok) throw answer.status;
    const html = await answer.text();
    if (paused) return;
    show(html);
    if (mode !== "stream") say("Up to date: asked every 5 s.");
  } catch {
    if (mode !== "stream" && !paused) lost();
  }
  if (paused || mode === "stream") return;
  clearTimeout(timer);
  timer = setTimeout(poll, Math.min(5000 * 2 ** Math.min(failures, 3), 30000));
}

function again() { setTimeout(() => { if (!paused && mode === "poll" && stream.readyState === 2) open(); }, 30000); }

function open() {
  stream = new EventSource("/events?page");
  stream.onopen = () => { mode = "stream"; since = Date.now(); clearTimeout(timer); say("Up to date: changes appear at once."); };
  stream.onmessage = event => show(event.data);
  stream.onerror = () => {
    // The browser tries again by itself, unless the server refuses.
    if (stream.readyState === 2) again();
    if (mode !== "poll") { mode = "poll"; poll(); }
  };
}

pause.hidden = false;
pause.onclick = () => {
  paused = !paused;
  pause.textContent = paused ? "Resume updates" : "Pause updates";
  clearTimeout(timer);
  stream.close();
  mode = "";
  if (paused) say("Paused."); else open();
};
begin();
setInterval(tick, 1000);
open();
