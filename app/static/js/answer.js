// Submitting: once, for good, and never empty by accident.
import { pause, send } from "./calls.js";

const TRIES_MS = [0, 1_000, 3_000];

export class AnswerForm {
  /** `on`: timeUp(), answered(), paused(). */
  constructor(form, textarea, keeper, place, dialog, on) {
    Object.assign(this, { form, textarea, keeper, dialog, on });
    this.url = `/interviews/${place.interview}/items/${place.item}/answer`;
    this.problem = form.querySelector("#answer-problem");
    this.hint = form.querySelector("#submit-hint");
    this.buttons = [...form.querySelectorAll("#submit-answer, #do-not-know")];
    this.hintText = this.hint.textContent;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (event.submitter?.id === "do-not-know") this.doNotKnow();
      else this.submit();
    });
    textarea.addEventListener("input", () => {
      this.#say("");
      this.#disarm();
    });
  }

  submit() {
    if (!this.textarea.value.trim()) {
      this.#say("There is no answer yet. Write something, even a part of it; or press “I do not know”.");
      this.textarea.focus();
      return;
    }
    this.#send(this.textarea.value, false);
  }

  /** From the keyboard it takes two presses: it cannot be undone. */
  submitByKey(keys) {
    if (this.armed) {
      this.#disarm();
      this.submit();
      return;
    }
    this.hint.textContent = `Press ${keys} once more to submit. ${this.hintText}`;
    this.armed = setTimeout(() => this.#disarm(), 6_000);
  }

  #disarm() {
    if (!this.armed) return;
    clearTimeout(this.armed);
    this.armed = null;
    this.hint.textContent = this.hintText;
  }

  doNotKnow() {
    if (this.busy) return;
    const words = this.textarea.value.trim().split(/\s+/).filter(Boolean).length;
    this.dialog.querySelector("[data-without-text]").hidden = words > 0;
    this.dialog.querySelector("[data-with-text]").hidden = words === 0;
    this.dialog.querySelector("[data-words]").textContent = `${words} word${words === 1 ? "" : "s"}`;
    this.dialog.onclick = (event) => {
      const choice = event.target.closest("[data-choice]")?.dataset.choice;
      if (!choice) return;
      this.dialog.close();
      if (choice === "yes") this.#send(this.textarea.value, true);
    };
    this.dialog.showModal();
  }

  async #send(text, doesNotKnow) {
    if (this.busy) return;
    this.#busy(true);
    // A draft that is still under way would arrive after the answer, and be taken for late text.
    await Promise.race([this.keeper.inFlight, pause(3_000)]);
    // Said on this page, and perhaps not heard; a page that says nothing takes nothing back.
    const mode = this.form.elements.input_mode;
    const said = mode?.dataset.changed ? mode.value : undefined;
    let result;
    for (const wait of TRIES_MS) {
      await pause(wait);
      // The same text again is answered as the first time, so a lost answer may be asked for again.
      result = await send("POST", this.url, { text, does_not_know: doesNotKnow, input_mode: said });
      if (result.status && result.status < 500) break;
      this.#say("The server did not answer. Trying again…");
    }
    if (result.ok) {
      this.keeper.finish();
      location.assign(result.body.next_url);
      return;
    }
    this.#busy(false);
    this.#refused(result);
  }

  #refused({ status, kind, body }) {
    if (kind === "already-answered") {
      this.keeper.finish();
      this.#say("This question was answered already, in another tab or on another device. This text was kept beside it.");
      this.on.answered();
    } else if (kind === "interview-paused") {
      this.#say("Not submitted: the interview is paused. Your text is kept; submit it when the interview goes on.");
      this.on.paused();
    } else if (kind === "time-is-up") {
      this.on.timeUp();
    } else if (status === 401) {
      this.#say("Not submitted: you are signed out. Your text is kept in this browser; sign in in another tab and submit again.");
    } else if (status >= 400 && status < 500) {
      this.#say(`Not submitted: ${body.detail ?? `the server refused it (${status}).`}`);
    } else {
      this.#say("Not submitted: the server does not answer. Your text is kept in this browser; press “Submit answer” again when you are back online.");
    }
  }

  #busy(busy) {
    this.busy = busy;
    if (busy) this.#say("");
    this.textarea.readOnly = busy;
    for (const button of this.buttons) button.setAttribute("aria-disabled", String(busy));
    this.buttons[0].textContent = busy ? "Submitting…" : "Submit answer";
  }

  #say(message) {
    this.problem.hidden = !message;
    this.problem.textContent = message;
  }
}
