// The template's form works without this. With it, buttons that change sections answer in place, and search as one types.

let form = document.querySelector("#template-form");
let typing;
let asking;
let askingFor = "";
let moving = false;

const MOVES = /^(add|remove|up|down|pick|drop|search|preview)\b/;

/** Show the part of each section that its choice asks for, and minutes of questions where they count. */
function showParts() {
  form.classList.add("tpl-with-script");
  const timed = form.querySelector("[data-timing]").value === "question";
  for (const part of form.querySelectorAll("[data-timed]")) part.hidden = !timed;
  for (const section of form.querySelectorAll(".tpl-section")) {
    const kind = section.querySelector("[data-kind]").value;
    for (const part of section.querySelectorAll("[data-part]")) part.hidden = part.dataset.part !== kind;
  }
}

/** Send the form with a button's action, and put the form of the answer in its place. */
async function press(action, focus) {
  const data = new FormData(form);
  data.set("action", action);
  // What this asks for has the newest words with it: a search that waits would only take its place.
  clearTimeout(typing);
  asking?.abort();
  const mine = (asking = new AbortController());
  askingFor = action;
  moving = !action.startsWith("search");
  let fresh;
  try {
    // (Its buttons are called “action”, and hide the property of that name.)
    const response = await fetch(form.getAttribute("action"), {
      method: "POST",
      body: new URLSearchParams(data),
      headers: { Accept: "text/html" },
      signal: mine.signal,
    });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    fresh = page.querySelector("#template-form");
  } catch (error) {
    if (error.name === "AbortError") return;
  }
  moving = false;
  if (!fresh) {
    // Somebody was signed out, or the server is away: the browser's own way says so.
    document.querySelector("#template-status").textContent = "The server did not answer: what you typed is still here. Try again.";
    return;
  }
  const active = document.activeElement?.id;
  const caret = document.activeElement?.selectionStart;
  const was = form;
  form.replaceWith(fresh);
  form = fresh;
  listen();
  const next = (focus && document.getElementById(focus)) || (active && document.getElementById(active));
  if (next) {
    next.focus();
    // Words that were typed while the answer was on its way.
    const typed = next.type === "search" && was.elements.namedItem(next.name)?.value;
    if (typed && typed !== data.get(next.name)) {
      next.value = typed;
      searchSoon(next.dataset.search);
    }
    if (next.type === "search" && caret != null) next.setSelectionRange(caret, caret);
  }
}

/** Search when nothing more is typed for a moment; never in the place of a change that is on its way. */
function searchSoon(section) {
  clearTimeout(typing);
  typing = setTimeout(() => (moving ? searchSoon(section) : press(`search:${section}`)), 250);
}

function listen() {
  showParts();
  form.addEventListener("change", (event) => {
    if (event.target.matches("[data-kind], [data-timing]")) showParts();
  });
  form.addEventListener("input", (event) => {
    if (!event.target.matches("[data-search]")) return;
    // An answer to fewer letters would take the newer ones away.
    if (askingFor.startsWith("search")) asking?.abort();
    searchSoon(event.target.dataset.search);
  });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("[data-search]")) return;
    event.preventDefault();
    press(`search:${event.target.dataset.search}`);
  });
  form.addEventListener("submit", (event) => {
    const action = event.submitter?.value ?? "save";
    if (!MOVES.test(action)) return;
    event.preventDefault();
    const [what, number] = action.split(":");
    const at = {
      add: `s${form.elements.sections.value}-title`,
      remove: "add-section",
      up: `s${Number(number) - 1}-title`,
      down: `s${Number(number) + 1}-title`,
      pick: `s${number}-q`,
      drop: `s${number}-q`,
      preview: "preview",
    };
    press(action, at[what]);
  });
}

listen();
