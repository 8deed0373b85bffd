// The interview room: puts clock, editor, drafts and answer together.
import { AnswerForm } from "./answer.js";
import { pause, send } from "./calls.js";
import { Countdown, digits, spoken } from "./clock.js";
import { chooseText } from "./conflict.js";
import { DraftKeeper } from "./draft.js";
import { onOtherTab } from "./drafts_kept.js";
import { EditorView } from "./editor.js";
import { wireInputMode } from "./input_mode.js";
import { SUBMIT_KEYS, wireKeys } from "./keys.js";
import { sendLeftovers } from "./leftovers.js";

const GRACE_MS = 10_000;

// Less than so much is short, or half of what there was.
const SHORT_MS = 5 * 60_000;

const byId = (id) => document.getElementById(id);
const room = byId("room");
const { interview, item, position } = room.dataset;
const place = {
  interview,
  item,
  position: Number(position),
  revision: Number(room.dataset.revision),
  maxChars: Number(room.dataset.maxChars),
};
const textarea = byId("answer");
let keeper = null;
let clock = null;
let form = null;

/** A line above the question; the same line once. */
function notice(text, link = null) {
  const box = byId("room-notices");
  if ([...box.children].some((child) => child.dataset.text === text)) return null;
  const line = Object.assign(document.createElement("p"), { className: "notice notice-info" });
  line.dataset.text = text;
  line.append(text);
  if (link) line.append(" ", Object.assign(document.createElement("a"), link));
  box.append(line);
  return line;
}

function lock(locked) {
  if (!textarea) return;
  textarea.readOnly = locked;
  for (const button of document.querySelectorAll("#answer-form button")) button.disabled = locked;
}

// ---- the clock

let announcing;
function announce(sentence) {
  const line = byId("clock-announcement");
  line.textContent = sentence;
  clearTimeout(announcing);
  announcing = setTimeout(() => (line.textContent = ""), 12_000);
}

// Less than this is a difference of clocks, and no extra time.
const CLEARLY_MS = 3_000;

/** Whether the interview goes on although the countdown is at zero: somebody gave extra time meanwhile. */
async function goesOn() {
  for (let round = 0; round < 3; round += 1) {
    const status = await clock?.sync();
    if (status === "paused") return true;
    if (status !== "running" || clock.remaining <= 0) return false;
    if (clock.remaining > CLEARLY_MS) return true;
    await pause(clock.remaining + 100);
  }
  return false;
}

const clockBox = byId("clock");
// Whose own clock it is that runs here: when it is over, the interview goes on with the next question.
const { question } = clockBox.dataset;
const upTitle = question ? "The time for this question is up" : "Time is up";

let ending = false;
/** Time is up, or the interview was finished elsewhere: hand over what is here, say so, go on or to the report. */
async function end(title, finished) {
  if (ending) return;
  ending = true;
  const dialog = byId("time-up-dialog");
  const say = (text) => (dialog.querySelector("[data-message]").textContent = text);
  dialog.querySelector("h2").textContent = title;
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  say("Sending what you have written…");
  lock(true);
  dialog.showModal();
  const began = performance.now();
  const safe = keeper ? await keeper.flush(8_000) : true;
  if (!finished && (await goesOn())) {
    ending = false;
    lock(clock.held !== null);
    dialog.close();
    if (clock.held === null) notice("You were given extra time.");
    return;
  }
  if (keeper?.deciding) {
    say("The text that was saved last is handed in. The other one is kept too, and the report shows it.");
  } else if (keeper?.over && !keeper.closed) {
    say(
      `What you wrote last is ${keeper.over.toLocaleString("en-GB")} characters too long and was not sent: the version that was saved before it is handed in. The long one stays in this browser.`,
    );
    await pause(2_500);
  } else if (safe && keeper?.closed === "time-is-up") {
    say("The last changes came after the end. They were kept and will be shown, but not scored.");
  } else if (safe) {
    say(`What you had written is handed in as it stands. ${question ? "You go on" : "Your report opens"} in a moment.`);
  } else {
    say("The last changes have not reached the server. They are kept in this browser and sent as soon as it answers; please leave this page open.");
    await keeper.settled();
    say(keeper.closed ? "The last changes came after the end. They were kept and will be shown, but not scored." : "Everything has arrived.");
  }
  const read = pause(2_500);
  while (performance.now() - began < GRACE_MS + 1_500) {
    if (finished || !clock || ["finished", "question-over"].includes(await clock.sync())) break;
    await pause(1_000);
  }
  await read;
  location.assign(dialog.querySelector("[data-onward]").href);
}

/** An interviewer has stopped the clock, or lets it go on: said calmly, and nothing to press. */
function showPaused(paused) {
  const box = byId("room-paused");
  box.replaceChildren();
  clockBox.classList.toggle("is-paused", paused);
  const text = paused
    ? "Paused by an interviewer. No time is running, and what you have written is safe. The page goes on by itself."
    : "The interview goes on.";
  box.append(Object.assign(document.createElement("p"), { className: "notice notice-info", textContent: text }));
  if (!paused) setTimeout(() => !clock.held && box.replaceChildren(), 12_000);
  lock(paused || ending || Boolean(keeper?.closed));
  keeper?.hold(paused);
}

if (clockBox.dataset.remainingMs) {
  const face = clockBox.querySelector("[data-digits]");
  const total = Number(clockBox.dataset.totalMs) || null;
  clock = new Countdown(interview, question, Number(clockBox.dataset.remainingMs), total, {
    tick(left) {
      const text = digits(left);
      if (face.textContent !== text) face.textContent = text;
      clockBox.classList.toggle("is-short", left <= (question ? Math.min(SHORT_MS, total / 2) : SHORT_MS));
    },
    warn: announce,
    zero: () => end(upTitle, false),
    over: () => end("This interview is finished", true),
    paused: showPaused,
    more: () => notice("You were given extra time: the clock shows it."),
  });
}

// ---- the answer

if (textarea) {
  const view = new EditorView(textarea, place.maxChars);
  keeper = new DraftKeeper(textarea, place, {
    show: (state, detail) => view.show(state, detail),
    clock: (ms) => clock?.set(ms),
    async conflict(mine, theirs) {
      const text = await chooseText(byId("conflict-dialog"), mine, theirs);
      textarea.focus();
      setTimeout(() => view.refresh());
      return text;
    },
    async paused() {
      // Should it go on already, the text is sent again.
      if ((await clock?.sync()) !== "paused") setTimeout(() => keeper.hold(clock?.held != null), 3_000);
    },
    closed(kind) {
      lock(true);
      if (kind === "already-answered") {
        view.show("problem", { message: "Submitted elsewhere" });
        notice(
          "This question was submitted in another tab or on another device. What you wrote here was kept beside it, and the report shows it.",
          { href: location.href, textContent: "Show the submitted answer" },
        );
      } else {
        view.show("problem", { message: "Kept, but not scored: time is up" });
        end(upTitle, true);
      }
    },
  });
  if (keeper.restore()) {
    notice("Text that had not reached the server was found in this browser and put back.");
    view.refresh();
  }
  keeper.start();
  onOtherTab(item, () => notice("This question is also being written in another tab. Go on in one of them; nothing is lost."));
  form = new AnswerForm(byId("answer-form"), textarea, keeper, place, byId("unknown-dialog"), {
    timeUp: () => end(upTitle, true),
    answered: () => keeper.on.closed("already-answered"),
    paused: () => clock?.sync(),
  });
}

// ---- going elsewhere

let warned = false;
async function leave(url) {
  if (keeper && !(await keeper.flush()) && !warned) {
    warned = true;
    notice(
      "The last changes are not on the server yet. They are kept in this browser; press again to leave all the same.",
    )?.scrollIntoView({ block: "center" });
    return;
  }
  location.assign(url);
}
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-leave]");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  leave(link.href);
});
addEventListener("pageshow", (event) => event.persisted && location.reload());

const flag = byId("flag");
flag?.addEventListener("click", async () => {
  const flagged = flag.getAttribute("aria-pressed") !== "true";
  const mark = (on) => {
    flag.setAttribute("aria-pressed", String(on));
    document.querySelector("[data-current] [data-flag]").hidden = !on;
  };
  mark(flagged);
  const { ok } = await send("POST", `/interviews/${interview}/items/${item}/flag`, { flagged });
  if (!ok) {
    mark(!flagged);
    notice("The flag could not be set: the server did not answer.");
  }
});
if (flag) flag.hidden = false;

const inputMode = byId("input-mode");
if (inputMode) {
  wireInputMode(inputMode, interview, () =>
    notice("How you answer could not be saved: the server did not answer. It is sent along with this answer."),
  );
}

const follow = (selector) => () => {
  const link = document.querySelector(selector);
  if (link) leave(link.href);
};
wireKeys({
  submit: form && (() => form.submitByKey(SUBMIT_KEYS)),
  next: follow("[data-next]"),
  previous: follow("[data-previous]"),
  flag: flag && (() => flag.click()),
  time: () => announce(clock ? `${spoken(clock.remaining)} left` : "This interview has no clock"),
});

if (clockBox.dataset.paused === "yes") clock?.hold(true);
clock?.start();

// ---- what waits in this browser from other questions

async function leftovers() {
  const { saved, aside, choose } = await sendLeftovers(interview, { except: textarea ? item : null });
  if (saved) notice("Text of another question that had waited in this browser has been saved.");
  if (aside) notice("Text that had waited in this browser came too late to count; it was kept, and the report shows it.");
  for (const number of choose) {
    notice(`Question ${number} has text here and different text on the server.`, {
      href: `/interviews/${interview}/items/${number}`,
      textContent: "Choose there",
    });
  }
}
leftovers();
addEventListener("online", leftovers);
setInterval(leftovers, 60_000);
