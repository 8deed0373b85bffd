// Keeps one answer's text safe: saved two seconds after the last key (at the latest after ten seconds of typing), on
// blur and on leaving; one request at a time; what the server has not acknowledged waits in localStorage.
import { pause, send } from "./calls.js";
import { forget, keep, kept } from "./drafts_kept.js";

const IDLE_MS = 2_000;
const LONGEST_MS = 10_000;
const BACKOFF_MS = [2_000, 4_000, 8_000, 15_000, 30_000];

// What the server does to a text before it stores it; needed to recognise our own.
// eslint-disable-next-line no-control-regex
const asStored = (text) => text.replace(/\r\n?/g, "\n").replace(/[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]/g, "");

export class DraftKeeper {
  /**
   * `place`: {interview, item, position, revision, maxChars}.
   * `on`: show(state, detail), conflict(mine, theirs) → Promise<text>, closed(kind, detail), clock(ms).
   */
  constructor(textarea, place, on) {
    this.textarea = textarea;
    this.place = place;
    this.on = on;
    this.url = `/interviews/${place.interview}/items/${place.item}/draft`;
    this.base = place.revision;
    // Not `value`: who types before this script has come, on a slow line, is not to lose that.
    this.acknowledged = textarea.defaultValue;
    // Texts that were sent and never answered: the server may hold any of them.
    this.sent = [];
    this.failures = 0;
    this.closed = null;
  }

  get text() {
    return this.textarea.value;
  }

  get dirty() {
    return !this.closed && (this.sent.length > 0 || asStored(this.text) !== asStored(this.acknowledged));
  }

  /** How many characters the text is over the limit; what is over is never sent. */
  get over() {
    return Math.max(0, [...this.text].length - this.place.maxChars);
  }

  /** Take up what an earlier page could not send. True when there was something. */
  restore() {
    const entry = kept(this.place.item);
    if (!entry) return false;
    if (asStored(entry.text) === asStored(this.acknowledged)) {
      keep(this.place.item, { ...entry, replaces: true });
      forget(this.place.item);
      return false;
    }
    // What was typed while the page was loading goes behind what was typed before.
    const early = this.dirty ? this.text : this.acknowledged;
    const typed = early.startsWith(this.acknowledged) ? early.slice(this.acknowledged.length) : `\n\n${early}`;
    this.textarea.value = entry.text + typed;
    this.base = entry.base_revision;
    this.sent = entry.sent ?? [];
    this.#remember(true);
    this.save();
    return true;
  }

  start() {
    if (this.dirty && !this.inFlight) this.#typed();
    this.textarea.addEventListener("input", () => this.#typed());
    this.textarea.addEventListener("blur", () => this.save());
    addEventListener("online", () => this.#retryNow());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") this.save();
      else if (this.failures) this.#retryNow();
    });
    addEventListener("pagehide", () => this.save({ leaving: true }));
    addEventListener("beforeunload", (event) => {
      // Asked only when the text would be lost: neither on the server nor in this browser.
      if (this.dirty && this.unkept) event.preventDefault();
    });
  }

  #typed() {
    if (this.closed) return;
    this.#remember();
    clearTimeout(this.idle);
    if (!this.dirty) {
      clearTimeout(this.longest);
      this.longest = null;
      forget(this.place.item);
      this.on.show("saved", {});
      return;
    }
    if (!this.failures && !this.inFlight) this.on.show("typing", {});
    this.idle = setTimeout(() => this.save(), IDLE_MS);
    this.longest ??= setTimeout(() => this.save(), LONGEST_MS);
  }

  #remember(replaces = false) {
    const { item, interview, position } = this.place;
    const entry = { text: this.text, base_revision: this.base, changed_at: new Date().toISOString(), sent: this.sent };
    this.unkept = !keep(item, { ...entry, interview, position, ...(replaces && { replaces }) });
  }

  /** Send the text if it is new. Resolves when the request under way, if any, has ended. */
  save({ leaving = false } = {}) {
    if (this.inFlight) return this.inFlight;
    if (!this.dirty || this.deciding) return Promise.resolve();
    clearTimeout(this.idle);
    clearTimeout(this.longest);
    clearTimeout(this.retry);
    this.longest = null;
    if (this.held) {
      this.on.show("problem", { message: "Paused: kept in this browser, and saved when the interview goes on." });
      return Promise.resolve();
    }
    if (this.over) {
      const message = `Not saved: ${this.over.toLocaleString("en-GB")} characters too long. Shorten it; until then it is only in this browser.`;
      this.on.show("problem", { message });
      return Promise.resolve();
    }
    // A text whose answer got lost is asked about first: a newer one would look like another tab's, and be kept beside.
    const lost = leaving ? undefined : this.sent.at(-1);
    this.inFlight = this.#put(lost ?? this.text).finally(() => {
      this.inFlight = null;
      // Typed while the request was under way.
      if (this.dirty && !this.failures && !this.deciding && !this.held) this.#typed();
    });
    return this.inFlight;
  }

  /** An interviewer has paused the interview, or lets it go on: what is here waits in this browser meanwhile. */
  hold(paused) {
    if (Boolean(this.held) === paused) return;
    this.held = paused;
    if (paused && this.dirty) this.#remember();
    if (!paused) this.failures = 0;
    this.save();
  }

  /** Save until nothing is unsaved, or it cannot be: true when the server has it all, or has said what became of it. */
  async flush(withinMs = 4_000) {
    const end = performance.now() + withinMs;
    for (let round = 0; round < 4 && (this.dirty || this.inFlight); round += 1) {
      const left = end - performance.now();
      if (left <= 0) break;
      await Promise.race([this.save(), pause(left)]);
      if (this.failures || this.deciding || this.held) break;
    }
    return !this.dirty;
  }

  /** Resolves when nothing waits any more, however long that takes. */
  async settled() {
    while (this.dirty) await pause(500);
  }

  async #put(text) {
    this.on.show("saving", {});
    const again = this.sent.includes(text);
    this.sent = [...this.sent.filter((earlier) => earlier !== text), text].slice(-5);
    this.#remember();
    const result = await send("PUT", this.url, { text, base_revision: this.base });
    if (result.ok) {
      const asked = text !== this.text && again;
      this.#acknowledge(text, result.body.revision, result.body.saved_at, result.body.remaining_ms);
      return asked ? this.#put(this.text) : undefined;
    }
    if (result.status === 409) return this.#refused(text, result);
    // Refused for good, so it is not on the server: not to be asked about again.
    if (result.status >= 400 && result.status < 500) this.sent = this.sent.filter((earlier) => earlier !== text);
    return this.#failed(result);
  }

  #acknowledge(text, revision, savedAt, remainingMs) {
    this.base = revision;
    this.acknowledged = text;
    this.sent = [];
    this.failures = 0;
    if (this.dirty) this.#remember();
    else forget(this.place.item);
    this.on.clock(remainingMs);
    this.on.show(this.dirty ? "typing" : "saved", { at: savedAt });
  }

  async #refused(text, { kind, body }) {
    if (kind === "interview-paused") {
      // The server keeps it beside; sent again when the interview goes on, it is the draft.
      this.sent = this.sent.filter((earlier) => earlier !== text);
      this.hold(true);
      this.#remember();
      return this.on.paused();
    }
    if (kind !== "draft-conflict") {
      // Time is up, or answered already: the server kept the text beside, so this browser need not. What was typed
      // since stays here, and the report page sends it.
      if (body.kept !== false && asStored(text) === asStored(this.text)) forget(this.place.item);
      else this.#remember();
      this.closed = kind || "closed";
      return this.on.closed(this.closed, body);
    }
    const { theirs } = body;
    const own = [...this.sent, text, ""].some((earlier) => asStored(earlier) === theirs.text);
    if (own) {
      // Our own earlier text arrived although its answer got lost: go on from there.
      this.#acknowledge(theirs.text, theirs.revision, theirs.saved_at, null);
      return this.dirty ? this.#put(this.text) : undefined;
    }
    // What was typed since goes beside as well, before anybody chooses against it.
    let there = text;
    while (asStored(there) !== asStored(this.text)) {
      there = this.text;
      const later = await send("PUT", this.url, { text: there, base_revision: this.base });
      if (later.status !== 409 && later.status !== 413) return this.#failed(later);
    }
    this.deciding = true;
    this.on.show("problem", { message: "Changed in another place: choose which text to go on with." });
    const chosen = await this.on.conflict(this.text, theirs);
    this.deciding = false;
    this.textarea.value = chosen;
    this.#acknowledge(theirs.text, theirs.revision, theirs.saved_at, null);
    return this.dirty ? this.#put(this.text) : undefined;
  }

  #failed({ status, body }) {
    this.failures += 1;
    const where = this.unkept ? "Do not close this page: this browser cannot keep it either." : "Kept in this browser.";
    if (status === 401) {
      this.on.show("problem", { message: `Not saved: you are signed out. ${where}`, signIn: true });
    } else if (status === 404) {
      this.on.show("problem", { message: `Not saved: this interview is not yours any more, or is gone. ${where}` });
    } else if (status >= 400 && status < 500 && status !== 429 && status !== 409) {
      this.on.show("problem", { message: `Not saved: ${body.detail ?? `the server refused it (${status})`} ${where}` });
    } else {
      const why = status ? "the server cannot take it right now" : navigator.onLine ? "no answer from the server" : "offline";
      const what = this.unkept ? where : "kept in this browser, and sent again by itself";
      this.on.show("unsaved", { message: `Not saved: ${why}, ${what}` });
    }
    const wait = BACKOFF_MS[Math.min(this.failures, BACKOFF_MS.length) - 1];
    this.retry = setTimeout(() => this.save(), wait * (0.8 + 0.4 * Math.random()));
  }

  #retryNow() {
    clearTimeout(this.retry);
    this.save();
  }

  /** The answer was submitted: nothing is left to save. */
  finish() {
    this.closed = "submitted";
    clearTimeout(this.idle);
    clearTimeout(this.longest);
    clearTimeout(this.retry);
    forget(this.place.item);
  }
}
