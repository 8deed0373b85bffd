// The editor's page: its tabs, its check, its buttons. What is typed is looked after by authoring_copy.js.
import { WorkingCopy } from "./authoring_copy.js";
import { controlAt, edited } from "./authoring_form.js";
import { makeTryOut } from "./authoring_try.js";
import { pause, send } from "./calls.js";
import { makeTabs, show } from "./tabs.js";

const SOON_MS = 300;

const byId = (id) => document.getElementById(id);
const root = byId("editor");
const url = `/author/${root.dataset.id}`;
const source = byId("source");
const form = byId("question-form");

for (const list of document.querySelectorAll('[role="tablist"]')) makeTabs(list);

function say(text, link) {
  const place = byId("editor-saved");
  if (place.firstChild?.textContent !== text) place.textContent = text;
  if (link && !place.querySelector("a")) {
    const way = Object.assign(document.createElement("a"), { href: link, target: "_blank", textContent: "Sign in" });
    place.append(" ", way);
  }
}

/** What is the same is not put in again: a screen reader would read it again. */
const last = new Map();
function put(id, html) {
  if (last.get(id) === html) return;
  last.set(id, html);
  byId(id).innerHTML = html;
}

function shown(state) {
  byId("editor-title").textContent = state.title;
  byId("editor-state").textContent = state.state[0].toUpperCase() + state.state.slice(1);
  put("source-problems", state.problems);
  put("panel-preview", state.preview);
  put("check-result", state.findings);
  root.dataset.check = state.check;
  root.dataset.passes = state.passes ? "yes" : "no";
  byId("publish-state").textContent = "";
}

let again = () => {};
const copy = new WorkingCopy({
  url,
  id: root.dataset.id,
  revision: Number(root.dataset.revision),
  source,
  form,
  say,
  shown,
  saved: () => again(),
});
again = makeTryOut(url, copy);

form.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-act]");
  if (!button) return;
  const done = await copy.change((content) => edited(content, button.dataset));
  if (!done) return;
  const target = controlAt(form, done.focus);
  (target ?? form.querySelector("button, input"))?.focus();
});

// From a problem or a finding to its place.
function goToLine(line) {
  const lines = source.value.split("\n");
  const before = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
  show(byId("tab-source"));
  source.focus();
  source.setSelectionRange(before, before + (lines[line - 1]?.length ?? 0));
  source.scrollTop = Math.max(0, (line - 6) * parseFloat(getComputedStyle(source).lineHeight));
}

function goToField(path, line) {
  show(byId("tab-form"));
  const control = controlAt(form, path);
  if (control) {
    control.focus({ preventScroll: true });
    control.scrollIntoView({ block: "center" });
  } else if (line) goToLine(line);
}

root.addEventListener("click", (event) => {
  const way = event.target.closest("[data-go], [data-line]");
  if (!way) return;
  const line = Number(way.dataset.line);
  if (way.dataset.go) goToField(way.dataset.go, line);
  else goToLine(line);
});

// The check.
let checking = 0;
async function follow(answer) {
  const mine = ++checking;
  let now = answer;
  while (mine === checking && now.ok) {
    // What is being typed meanwhile has its own answers: those are newer.
    if (!copy.dirty) shown(now.body);
    if (now.body.check !== "queued") return;
    await pause(SOON_MS);
    now = await send("GET", `${url}/check`);
  }
  if (mine === checking) put("check-result", `<p class="notice notice-problem">The server does not answer: check it again.</p>`);
}

byId("check-now").addEventListener("click", async () => {
  if (!(await copy.flush())) {
    put("check-result", '<p class="notice notice-problem">Save first: what you changed is not on the server yet.</p>');
    return;
  }
  put("check-result", '<p class="quiet">Being checked …</p><progress aria-label="The question is being checked"></progress>');
  follow(await send("POST", `${url}/check`));
});
if (root.dataset.check === "queued") send("GET", `${url}/check`).then(follow);

// Nothing is published or sent on before it is saved; what the check does not allow is said here.
byId("acts").addEventListener("submit", async (event) => {
  const { submitter, target } = event;
  if (submitter.id === "discard") {
    if (confirm(submitter.dataset.ask)) copy.abandon();
    else event.preventDefault();
    return;
  }
  if (copy.dirty || copy.running) {
    event.preventDefault();
    if (await copy.flush()) target.requestSubmit(submitter);
    else byId("publish-state").textContent = "Save first: what you changed is not on the server yet.";
    return;
  }
  if (submitter.id === "publish" && root.dataset.passes !== "yes") {
    event.preventDefault();
    show(byId("tab-check"));
    byId("publish-state").textContent =
      root.dataset.check === "done"
        ? "Not published: the check found errors. Mend them, and check the question again."
        : "Not published: check the question first, as it stands now.";
    byId("check-now").focus();
  }
});

if (copy.recall()) show(byId("tab-source"));
root.dataset.ready = "yes";
