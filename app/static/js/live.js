// The live view: asks every three seconds while somebody looks, and changes only what differs, so that nothing is taken
// from under one's hands. Arrivals are said politely, seconds never.
import { startClocks } from "./live_clock.js";
import { clockTime } from "./time.js";

const EVERY_MS = 3_000;
const SLOWEST_MS = 30_000;
const SAID_AT_ONCE = 3;

const state = document.getElementById("live-state");
const news = document.getElementById("live-news");
let rows = document.getElementById("live-rows");
let wait = EVERY_MS;
let timer = null;
let asking = false;

/** What has arrived between two states of the page, as sentences. */
function arrivals(before, after) {
  const sentences = [];
  for (const row of after.querySelectorAll(".live-row")) {
    const { name, answered, scored, total, state: now } = row.dataset;
    const old = before.querySelector(`#${CSS.escape(row.id)}`);
    if (!old) sentences.push(`${name} is here`);
    else if (now !== old.dataset.state) sentences.push(`${name}: ${{ finished: "finished", paused: "paused", running: "goes on" }[now]}`);
    else if (answered !== old.dataset.answered) sentences.push(`${name}: ${answered} of ${total} answered`);
    else if (scored !== old.dataset.scored) sentences.push(`${name}: ${scored} of ${answered} scored`);
  }
  const rest = sentences.length - SAID_AT_ONCE;
  return sentences.slice(0, SAID_AT_ONCE).join(". ") + (rest > 0 ? `. And ${rest} more` : "");
}

/** Put what is new into what is there (the server sends the rows that changed, and the order of all); a row that is
    typed in keeps its form. */
function merge(fresh) {
  const list = rows.querySelector(".live");
  const freshList = fresh.querySelector(".live");
  if (!list || !freshList) {
    rows.replaceWith(fresh);
    rows = fresh;
    return;
  }
  part(rows.querySelector(".live-counts"), fresh.querySelector(".live-counts"));
  const order = fresh.dataset.order.split(" ");
  const wanted = new Set(order);
  const changed = new Map([...freshList.children].map((row) => [row.id, row]));
  const present = new Map([...list.children].map((row) => [row.id, row]));
  for (const [id, row] of present) if (!wanted.has(id)) row.remove();
  let at = list.firstElementChild;
  for (const id of order) {
    const [old, row] = [present.get(id), changed.get(id)];
    if (!old) {
      if (row) list.insertBefore(row, at);
      // The server takes it as known, and it is not: the next look asks for everything.
      else fresh.dataset.token = "";
      continue;
    }
    if (row) {
      part(old, row);
      Object.assign(old.dataset, row.dataset);
    }
    // Moving what has the focus would take the focus away.
    if (old === at) at = at.nextElementSibling;
    else if (!old.contains(document.activeElement)) list.insertBefore(old, at);
  }
  rows.dataset.token = fresh.dataset.token;
}

function part(old, fresh) {
  for (const piece of fresh.querySelectorAll("[data-part]")) {
    const target = old.querySelector(`[data-part="${piece.dataset.part}"]`);
    if (!target || target.innerHTML === piece.innerHTML) continue;
    const changes = old.dataset.state !== fresh.dataset.state;
    if (piece.dataset.part === "control" && !changes) continue;
    target.replaceChildren(...piece.childNodes);
  }
}

async function poll() {
  if (asking || document.visibilityState === "hidden") return;
  asking = true;
  clearTimeout(timer);
  try {
    const url = new URL(state.dataset.poll, location.href);
    url.searchParams.set("seen", rows.dataset.token);
    const response = await fetch(url, { credentials: "same-origin", cache: "no-store", signal: AbortSignal.timeout(10_000) });
    if (response.status === 401 || response.status === 404) {
      state.textContent = "You are signed out, or do not work here any more: open the page again.";
      return;
    }
    if (!response.ok || response.redirected) throw new Error(String(response.status));
    if (response.status === 200) {
      const holder = document.createElement("template");
      holder.innerHTML = await response.text();
      const fresh = holder.content.getElementById("live-rows");
      const heard = performance.now();
      const said = arrivals(rows, fresh);
      startClocks(fresh, heard);
      merge(fresh);
      if (said) news.textContent = said;
    }
    wait = EVERY_MS;
    state.textContent = `As of ${clockTime(new Date().toISOString())}`;
  } catch {
    wait = Math.min(SLOWEST_MS, wait * 2);
    state.textContent = "The server does not answer. What you see is what it said last; this page asks again by itself.";
  } finally {
    asking = false;
  }
  // Not all dashboards at the same moment.
  timer = setTimeout(poll, wait * (0.9 + 0.2 * Math.random()));
}

// Nobody looks: nothing is asked.
document.addEventListener("visibilitychange", () => (document.visibilityState === "hidden" ? clearTimeout(timer) : poll()));
addEventListener("online", poll);
addEventListener("pageshow", (event) => event.persisted && poll());
timer = setTimeout(poll, EVERY_MS);
