// The working copy in the editor: form and text are two views of it. Whichever is typed in is saved, the other follows.
//
// What must never happen is that one view overwrites what was typed in the other. So the text cannot be typed in while
// the form has something that is not saved; and what is typed in the form while the text is being saved is kept by its
// field, and put back into the form that comes with the answer.
import { formContent, setControl } from "./authoring_form.js";
import { send } from "./calls.js";
import { chooseCopy } from "./authoring_conflict.js";
import { clockTime } from "./time.js";

const IDLE_MS = 900;
const RETRY_MS = [2_000, 4_000, 8_000, 15_000];

export class WorkingCopy {
  /** `shown(state)` is called with every answer of the server, `saved()` once everything is there. */
  constructor({ url, id, revision, source, form, say, shown, saved }) {
    Object.assign(this, { url, revision, source, form, say, shown, saved });
    // Signing out forgets every text under this prefix.
    this.key = `viva.draft.author-${id}`;
    // Not what it holds now: somebody may have typed before this script came.
    this.acknowledged = source.defaultValue;
    this.touched = new Map();
    this.failures = 0;
    source.addEventListener("input", () => this.typed());
    source.addEventListener("blur", () => this.flush());
    form.addEventListener("input", ({ target }) => this.typed(target));
    form.addEventListener("focusout", () => this.flush());
    form.addEventListener("submit", (event) => event.preventDefault());
    addEventListener("online", () => this.flush());
    addEventListener("pagehide", () => this.flush());
    addEventListener("beforeunload", (event) => {
      if (this.dirty) event.preventDefault();
    });
  }

  get textDirty() {
    return this.source.value !== this.acknowledged;
  }

  get dirty() {
    return this.textDirty || this.touched.size > 0 || Boolean(this.refresh);
  }

  /** Whether the form shows the text; what cannot be read has no form. */
  get hasForm() {
    return this.form.querySelector("[data-path]") !== null;
  }

  typed(control) {
    if (control?.dataset.path) this.touched.set(control.dataset.path, control.value);
    this.say("Not saved yet …");
    this.remember();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), IDLE_MS);
  }

  /** Save until nothing is left to save; false when something could not be. One call at a time. */
  flush() {
    clearTimeout(this.timer);
    this.running ??= this.saveAll().finally(() => {
      this.running = undefined;
    });
    return this.running;
  }

  async saveAll() {
    let some = false;
    while (this.dirty) {
      if (!(await this.saveOne())) return false;
      some = true;
    }
    if (some) this.saved();
    return true;
  }

  /** Change the content as a button does (add, move, remove); null when it could not be saved. */
  change(edit) {
    // One after the other: two quick presses must not both build on what was there before the first.
    this.changing = Promise.resolve(this.changing).then(() => this.changeOnce(edit));
    return this.changing;
  }

  async changeOnce(edit) {
    if (!(await this.flush()) || !this.hasForm) {
      if (!this.hasForm) this.say("The form waits: mend the text first.");
      return null;
    }
    const { content, ...more } = edit(formContent(this.form));
    this.form.inert = this.source.readOnly = true;
    this.running = this.post({ content }, (state) => this.showForm(state.form)).finally(() => {
      this.running = undefined;
      this.form.inert = false;
      this.lock();
    });
    if (!(await this.running)) return null;
    await this.flush();
    this.saved();
    return more;
  }

  saveOne() {
    if (this.textDirty || this.refresh) {
      const source = this.source.value;
      this.refresh = false;
      return this.post({ source }, (state) => {
        // Typing goes on while a save is under way: only what was sent is put back.
        if (this.source.value === source) this.setSource(state.source);
        this.showForm(state.form);
      });
    }
    if (!this.hasForm) {
      this.say("What you typed in the form waits until the text can be read.");
      return false;
    }
    const sent = new Map(this.touched);
    return this.post({ content: formContent(this.form) }, (state) => this.settle(sent, state.source), sent);
  }

  async post(body, done, sent = new Map()) {
    const answer = await send("POST", `${this.url}/save`, { ...body, base_revision: this.revision });
    if (answer.ok) {
      this.failures = 0;
      this.revision = answer.body.revision;
      this.acknowledged = answer.body.source;
      if (body.content) this.setSource(answer.body.source);
      done(answer.body);
      this.shown(answer.body);
      this.remember();
      this.say(this.dirty ? "Not saved yet …" : `Saved ${clockTime(answer.body.saved_at)}`);
      return true;
    }
    if (answer.kind === "stale-draft") {
      await this.choose(answer.body, body.source === undefined ? answer.body.mine : this.source.value, sent);
      return true;
    }
    this.remember();
    if (answer.status === 0 || answer.status === 429 || answer.status >= 500) {
      this.say("Not saved: the server does not answer. It is tried again by itself; what you typed waits in this browser.");
      this.timer = setTimeout(() => this.flush(), RETRY_MS[Math.min(this.failures++, RETRY_MS.length - 1)]);
    } else if ([401, 403, 404].includes(answer.status)) {
      this.say("Not saved: you are signed out, or the question is gone. What you typed waits in this browser.", "/sign-in");
    } else {
      this.say(answer.body.detail ?? "This could not be saved.");
    }
    return false;
  }

  /** Two texts were saved over one revision: the person chooses, and neither is thrown away before. */
  async choose(theirs, mine, sent) {
    this.say("Changed in another place: choose which text to go on with.");
    const choice = await chooseCopy(theirs.source, mine);
    this.revision = theirs.revision;
    this.acknowledged = theirs.source;
    this.settle(sent, choice === "theirs" ? theirs.source : mine);
    // Form, preview and check follow from one more save, also when nothing of the text changes by it.
    this.refresh = true;
  }

  /** What was sent from the form is in the text now, unless it was typed on. */
  settle(sent, source) {
    for (const [path, value] of sent) if (this.touched.get(path) === value) this.touched.delete(path);
    this.setSource(source);
  }

  setSource(text) {
    // Setting it takes the browser's undo away, so only where it differs.
    if (this.source.value !== text) this.source.value = text;
    this.lock();
  }

  /** The text waits while the form has something that is not in it yet. */
  lock() {
    this.source.readOnly = this.touched.size > 0 && !this.textDirty;
  }

  /** Forget what was typed: it was thrown away on purpose. */
  abandon() {
    clearTimeout(this.timer);
    this.touched.clear();
    this.refresh = false;
    this.acknowledged = this.source.value;
    this.remember();
  }

  showForm(html) {
    const active = this.form.contains(document.activeElement) ? document.activeElement : null;
    const { id, selectionStart, selectionEnd } = active ?? {};
    this.form.innerHTML = html;
    for (const [path, value] of this.touched) {
      const found = setControl(this.form, path, value);
      if (!found && this.hasForm) this.homeless(path, value);
    }
    const again = id && document.getElementById(id);
    again?.focus({ preventScroll: true });
    if (again && selectionStart != null) again.setSelectionRange(selectionStart, selectionEnd);
  }

  /** Typed into a field that the text, changed meanwhile, has no more: shown, as it cannot be kept there. */
  homeless(path, value) {
    this.touched.delete(path);
    const note = document.createElement("p");
    note.className = "notice notice-info";
    note.textContent = `The field ${path} is gone from the text; what you typed there was: ${value}`;
    this.form.prepend(note);
  }

  /** What was typed and is not acknowledged waits in this browser. */
  remember() {
    this.lock();
    try {
      if (!this.dirty) return localStorage.removeItem(this.key);
      const source = this.textDirty ? this.source.value : null;
      const entry = { source, touched: [...this.touched], revision: this.revision };
      return localStorage.setItem(this.key, JSON.stringify(entry));
    } catch {
      // Full or forbidden storage: the page itself still holds it, and warns before it is left.
      return undefined;
    }
  }

  /** Take up what was typed before this script came, and what an earlier page could not send; true if that was text. */
  recall() {
    let kept = null;
    try {
      kept = JSON.parse(localStorage.getItem(this.key) ?? "null");
    } catch {
      // Nothing that can be read was kept.
    }
    for (const control of this.form.querySelectorAll("[data-path]")) {
      const early = control.defaultValue !== undefined && control.value !== control.defaultValue;
      if (early) this.touched.set(control.dataset.path, control.value);
    }
    if (!kept) {
      if (this.dirty) this.typed();
      return false;
    }
    for (const [path, value] of kept.touched ?? []) {
      this.touched.set(path, value);
      setControl(this.form, path, value);
    }
    if (typeof kept.source === "string") this.source.value = kept.source;
    // Nobody else's change since then is overwritten: the revision is the one that it was typed over.
    if (this.dirty) this.revision = kept.revision;
    if (this.dirty) this.typed();
    else this.remember();
    return this.textDirty;
  }
}
