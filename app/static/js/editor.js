// What stands round the textarea: the state of the draft in words, the word count, the outline's picture, its height.
import { clockTime } from "./time.js";

const segmenter = typeof Intl.Segmenter === "function" ? new Intl.Segmenter(undefined, { granularity: "word" }) : null;

function countWords(text) {
  if (!segmenter) return text.split(/\s+/).filter(Boolean).length;
  let count = 0;
  for (const part of segmenter.segment(text)) if (part.isWordLike) count += 1;
  return count;
}

export class EditorView {
  constructor(textarea, maxChars) {
    this.textarea = textarea;
    this.maxChars = maxChars;
    this.state = document.getElementById("draft-state");
    this.alert = document.getElementById("draft-alert");
    this.words = document.getElementById("word-count");
    this.savedAt = this.state.querySelector("time")?.dateTime ?? null;
    textarea.addEventListener("input", () => {
      clearTimeout(this.soon);
      this.soon = setTimeout(() => this.refresh(), 150);
      this.#fit();
    });
    this.refresh();
    this.#fit();
  }

  refresh() {
    const text = this.textarea.value;
    const words = countWords(text);
    const left = this.maxChars - text.length;
    this.words.textContent = `${words} word${words === 1 ? "" : "s"}${left < 1000 ? `, ${left} characters left` : ""}`;
    const current = document.querySelector("[data-current]");
    const state = text.trim() ? "draft" : "empty";
    const picture = current?.querySelector("[data-state]");
    if (!picture || picture.dataset.state === state) return;
    picture.dataset.state = state;
    picture.replaceChildren(document.getElementById(`${state}-icon`).content.cloneNode(true));
    current.querySelector("[data-state-word]").textContent = state === "draft" ? "(draft)" : "(not answered)";
  }

  /** Where the browser cannot fit a textarea to its text by itself. */
  #fit() {
    if (CSS.supports("field-sizing", "content")) return;
    this.textarea.style.height = "auto";
    this.textarea.style.height = `${Math.min(this.textarea.scrollHeight + 4, innerHeight * 0.7)}px`;
  }

  /** The state of the draft. Routine is shown only; trouble, and its end, are also said. */
  show(state, { at, message, signIn } = {}) {
    if (at) this.savedAt = at;
    const trouble = state === "unsaved" || state === "problem";
    const saved = this.savedAt ? `Saved ${clockTime(this.savedAt)}` : "";
    const text = { typing: "Not saved yet", saving: "Saving…", saved }[state] ?? message;
    if (state === "saving" && this.troubled) return;
    this.state.dataset.state = state;
    this.state.replaceChildren(text);
    if (signIn) {
      const link = Object.assign(document.createElement("a"), { href: "/sign-in", target: "_blank", textContent: "Sign in" });
      this.state.append(" ", link);
    }
    if (trouble && this.alert.textContent !== text) this.alert.textContent = text;
    else if (state === "saved" && this.troubled) this.alert.textContent = text;
    if (trouble || state === "saved") this.troubled = trouble;
  }
}
