// The try-out: a pasted answer, scored by the rubric as it stands, and again whenever that changes.
import { pause, send } from "./calls.js";

const TRY_AGAIN_MS = 1_200;
const SOON_MS = 300;
const AWAY = "The server does not answer: try again.";

/** Make the try-out work; gives what is to be called when the working copy was saved. */
export function makeTryOut(url, copy) {
  const answer = document.getElementById("try-answer");
  const state = document.getElementById("try-state");
  const panel = document.getElementById("panel-try");
  let latest = 0;

  async function tryOut() {
    const mine = ++latest;
    state.textContent = "Being scored …";
    let found = await send("POST", `${url}/try`, { answer: answer.value });
    const grading = found.body.grading;
    while (mine === latest) {
      if (!found.ok) {
        state.textContent = found.body.detail ?? AWAY;
        return;
      }
      if (found.body.status === "done" || found.body.status === "failed") {
        state.textContent = found.body.message ?? "Scored.";
        if (found.body.html) document.getElementById("try-result").innerHTML = found.body.html;
        return;
      }
      await pause(SOON_MS);
      found = await send("GET", `${url}/try/${grading}`);
    }
  }

  document.getElementById("try-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    if (await copy.flush()) tryOut();
    else state.textContent = "Save first: what you changed is not on the server yet.";
  });

  document.getElementById("try-keep").addEventListener("click", async () => {
    const text = answer.value.trim();
    if (!text) {
      state.textContent = "Paste or write an answer first.";
      return;
    }
    const kind = document.getElementById("try-kind").value;
    const grade = Number(document.getElementById("try-grade").value);
    const kept = await copy.change((content) => {
      content.samples = [...(content.samples ?? []), { kind, grade, text }];
      return { content };
    });
    state.textContent = kept
      ? "Added to the samples."
      : copy.hasForm
        ? "Not added: the question could not be saved. Try again when it is."
        : "Not added: mend the text first, it cannot be read.";
  });

  return () => {
    if (!answer.value.trim() || panel.hidden) return;
    const mine = latest;
    pause(TRY_AGAIN_MS).then(() => mine === latest && !copy.dirty && tryOut());
  };
}
