// The review page by keyboard: a key for each verdict, the mark that the verdicts add up to, the machine's word hidden first.

const form = document.getElementById("review");
const points = [...form.querySelectorAll("fieldset.to-judge")];
const approaches = JSON.parse(form.dataset.approaches);
const score = document.getElementById("score");
const slider = document.getElementById("slider");
const machine = document.getElementById("machine");
const when = document.getElementById("machine-when");
const singleKeys = document.getElementById("single-keys");
const CREDITS = { met: 1, partial: 0.5, missed: 0, contradicted: 0 };
const VERDICTS = { 1: "met", 2: "partial", 3: "missed", 4: "contradicted", 0: "" };
const TYPED = "textarea, select, input:not([type=radio], [type=checkbox], [type=range])";

/** What was set last time in this browser. */
function kept(name, otherwise) {
  try {
    return localStorage.getItem(`viva.review.${name}`) ?? otherwise;
  } catch {
    return otherwise;
  }
}
function keep(name, value) {
  try {
    localStorage.setItem(`viva.review.${name}`, value);
  } catch {
    // Without storage it holds for this page.
  }
}

const chosen = (key) => form.elements[`v-${key}`].value;

/** The weighted mean credit of an approach, 0 to 100; null while nothing of it is judged. As suggesting.py has it. */
function suggestion(approach) {
  if (!approach.criteria.some((one) => chosen(one.key))) return null;
  const credit = Object.fromEntries(approach.criteria.map((one) => [one.id, CREDITS[chosen(one.key)] ?? 0]));
  const grouped = new Set(approach.groups.flatMap((group) => group.criteria));
  const parts = approach.criteria.filter((one) => !grouped.has(one.id)).map((one) => [one.weight, credit[one.id]]);
  for (const group of approach.groups) {
    const best = group.criteria.map((id) => credit[id]).sort((a, b) => b - a).slice(0, group.at_least);
    parts.push([group.weight, best.reduce((sum, one) => sum + one, 0) / group.at_least]);
  }
  const whole = parts.reduce((sum, [weight]) => sum + weight, 0);
  return (100 * parts.reduce((sum, [weight, value]) => sum + weight * value, 0)) / whole;
}

function showMark() {
  const found = approaches.map(suggestion).filter((one) => one !== null);
  const best = found.length ? Math.round(10 * Math.max(...found)) / 10 : null;
  document.getElementById("suggested").textContent = best === null ? "" : `: ${best}`;
  const written = score.value.trim().replace(",", ".");
  const value = written === "" ? best : Number(written);
  const known = value !== null && value >= 0 && value <= 100;
  document.getElementById("score-band").textContent = known
    ? ["Not yet", "Getting there", "Solid", "Strong"][Math.min(3, Math.floor(value / 25))]
    : "";
  if (known) slider.value = value;
}

function sawMachine() {
  form.elements.saw_machine.value = "yes";
}

function showMachineAt(point) {
  const line = point.querySelector(".to-judge-machine");
  if (line && line.hidden) {
    line.hidden = false;
    sawMachine();
  }
}

/** Show or hide all that the machine says. */
function toggleMachine(shown = !machine?.open) {
  if (!machine) return;
  machine.open = shown;
  for (const point of points) {
    const line = point.querySelector(".to-judge-machine");
    if (line) line.hidden = !shown;
  }
  if (shown) sawMachine();
}

const here = () => points.indexOf(document.activeElement?.closest?.("fieldset.to-judge"));

function go(number) {
  const point = points[Math.max(0, Math.min(points.length - 1, number))];
  (point.querySelector("input:checked") ?? point).focus({ preventScroll: true });
  point.scrollIntoView({ block: "nearest" });
}

function choose(verdict) {
  const at = Math.max(0, here());
  const point = points[at];
  point.querySelector(`input[value="${verdict}"]`).checked = true;
  point.dispatchEvent(new Event("change", { bubbles: true }));
  if (verdict && at + 1 < points.length) go(at + 1);
  else if (verdict) score.focus();
  else go(at);
}

function help() {
  const keys = document.getElementById("keys");
  keys.open = !keys.open;
  if (keys.open) {
    keys.scrollIntoView({ block: "nearest" });
    keys.querySelector("summary").focus();
  }
}

const LETTERS = {
  j: () => go(here() + 1),
  k: () => go(here() - 1),
  m: () => toggleMachine(),
  n: () => document.getElementById("skip").click(),
  s: () => score.focus(),
  r: () => document.getElementById("reason").focus(),
  c: () => document.getElementById("comment").focus(),
  "?": help,
};

addEventListener("keydown", (event) => {
  if (event.repeat || event.isComposing) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    if (event.target.closest("form") !== form && event.target.closest("form")) return;
    event.preventDefault();
    form.requestSubmit(form.querySelector("button[value=next]"));
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && event.target.matches(TYPED)) {
    go(Math.max(0, here()));
    return;
  }
  if (event.target.matches(TYPED)) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && here() >= 0) {
    event.preventDefault();
    go(here() + step);
    return;
  }
  if (!singleKeys.checked) return;
  const action = event.key in VERDICTS ? () => choose(VERDICTS[event.key]) : LETTERS[event.key];
  if (!action) return;
  event.preventDefault();
  action();
});

form.addEventListener("change", (event) => {
  const point = event.target.closest("fieldset.to-judge");
  if (point && when.value === "chosen" && chosen(point.dataset.key)) showMachineAt(point);
  showMark();
});
score.addEventListener("input", showMark);
slider.addEventListener("input", () => {
  score.value = slider.value;
  showMark();
});
machine?.addEventListener("toggle", () => machine.open && sawMachine());
when.addEventListener("change", () => {
  keep("machine", when.value);
  if (when.value === "always") toggleMachine(true);
});
singleKeys.checked = kept("keys", "yes") === "yes";
singleKeys.addEventListener("change", () => keep("keys", singleKeys.checked ? "yes" : "no"));

document.getElementById("machine-choice").hidden = false;
slider.hidden = false;
when.value = kept("machine", "chosen");
if (!when.value) when.value = "chosen";
if (when.value === "always") toggleMachine(true);
showMark();
const refused = document.getElementById("refused");
if (refused) refused.focus();
else if (!location.hash) go(0);
