// The countdown. The server says how much time is left; `performance.now()` counts on from there. What the
// computer believes the time of day to be never matters.
import { send } from "./calls.js";

const SYNC_EVERY_MS = 30_000;
const SYNC_PAUSED_MS = 5_000;
// A clock that gains so much was not out of step: somebody gave extra time.
const EXTRA_MS = 20_000;
const WARN_MINUTES = [10, 5, 1];

/** “1:04:09” or “12:14”. */
export function digits(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const tail = String(seconds % 60).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${tail}` : `${minutes}:${tail}`;
}

/** “12 minutes 14 seconds”, for ears. */
export function spoken(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const part = (n, word) => (n ? `${n} ${word}${n === 1 ? "" : "s"}` : "");
  const words = [part(Math.floor(seconds / 60), "minute"), part(seconds % 60, "second")].filter(Boolean);
  return words.join(" ") || "no time";
}

/** When the page's first byte arrived: the server measured the time left just before. */
function pageArrived() {
  return performance.getEntriesByType("navigation")[0]?.responseStart || performance.now();
}

export class Countdown {
  /**
   * Of a question that has a clock of its own (`question`), else of the interview.
   * `on` has tick(ms), warn(sentence), zero(), over(status), paused(yes), more().
   */
  constructor(interview, question, remainingMs, totalMs, on) {
    this.url = `/interviews/${interview}/clock${question ? `?item=${question}` : ""}`;
    this.warnedKey = `viva.warned.${question || interview}`;
    this.total = totalMs;
    this.on = on;
    this.end = pageArrived() + remainingMs;
    this.drift = Date.now() - performance.now();
    this.stopped = false;
    // While an interviewer has stopped the clock, it stands at so many milliseconds.
    this.held = null;
  }

  get remaining() {
    return this.held ?? this.end - performance.now();
  }

  start() {
    this.#tick();
    this.sync();
    this.#syncOften();
    const again = () => document.visibilityState === "visible" && this.sync();
    document.addEventListener("visibilitychange", again);
    addEventListener("pageshow", again);
    addEventListener("focus", again);
    addEventListener("online", again);
  }

  #syncOften() {
    clearInterval(this.syncTimer);
    this.syncTimer = setInterval(() => this.sync(), this.held === null ? SYNC_EVERY_MS : SYNC_PAUSED_MS);
  }

  /** The clock stands still, or goes on. */
  hold(paused) {
    if (paused === (this.held !== null)) return;
    if (paused) {
      this.held = Math.max(0, this.remaining);
    } else {
      this.end = performance.now() + this.held;
      this.held = null;
    }
    this.#syncOften();
    this.on.paused(paused);
    this.#tick();
  }

  /** What the server said is left, measured at `at`. */
  set(remainingMs, at = performance.now()) {
    if (remainingMs === null || remainingMs === undefined) return;
    this.end = at + remainingMs;
    if (this.held !== null) this.held = remainingMs;
    if (remainingMs > 0 && this.reachedZero) {
      // Extra time was given.
      this.reachedZero = false;
      this.#tick();
    }
  }

  /** Ask the server. Resolves with its status, or null when it could not be reached. */
  async sync() {
    this.syncing ??= this.#ask().finally(() => (this.syncing = null));
    return this.syncing;
  }

  async #ask() {
    const asked = performance.now();
    const { ok, body } = await send("GET", this.url);
    const heard = performance.now();
    if (!ok) return null;
    // A slow answer (the computer slept meanwhile) says nothing about now.
    if (heard - asked < 5_000) {
      const gained = body.remaining_ms - this.remaining;
      this.set(body.remaining_ms, (asked + heard) / 2);
      if (gained > EXTRA_MS && body.status !== "finished") this.on.more();
    }
    if (body.status !== "finished") this.hold(body.status === "paused");
    if (body.status === "finished" && !this.stopped) this.on.over(body.status);
    return body.status;
  }

  #tick() {
    clearTimeout(this.timer);
    if (this.stopped) return;
    // The two clocks part when the computer slept (or its time was set): only a reason to ask the server.
    const drift = Date.now() - performance.now();
    if (Math.abs(drift - this.drift) > 2_000) this.sync();
    this.drift = drift;
    const left = this.remaining;
    this.on.tick(left);
    if (this.held !== null) {
      this.timer = setTimeout(() => this.#tick(), 1_000);
      return;
    }
    this.#warn(left);
    if (left <= 0) {
      this.reachedZero = true;
      this.on.zero();
      return;
    }
    this.timer = setTimeout(() => this.#tick(), Math.min(1000, (left % 1000) + 5));
  }

  /** Each warning once in an interview, also over the pages of its questions; or once in a question. */
  #warn(left) {
    const due = WARN_MINUTES.filter((minutes) => left <= minutes * 60_000 && minutes * 60_000 < (this.total ?? Infinity));
    const given = this.#given();
    const fresh = due.filter((minutes) => !given.includes(minutes));
    if (!fresh.length) return;
    this.#remember([...given, ...fresh]);
    const nearest = Math.min(...due);
    if (left <= 0 || !fresh.includes(nearest)) return;
    const onTime = nearest * 60_000 - left < 3_000;
    this.on.warn(`${onTime ? `${nearest} minute${nearest === 1 ? "" : "s"}` : spoken(left)} left`);
  }

  #given() {
    try {
      return this.warned ?? JSON.parse(sessionStorage.getItem(this.warnedKey) ?? "[]");
    } catch {
      return [];
    }
  }

  #remember(minutes) {
    this.warned = minutes;
    try {
      sessionStorage.setItem(this.warnedKey, JSON.stringify(minutes));
    } catch {
      // Then a warning may come twice.
    }
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.timer);
    clearInterval(this.syncTimer);
  }
}
