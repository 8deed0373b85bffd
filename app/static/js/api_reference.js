// The API reference: operations open in the list, can be filtered and tried. The key stays in its field: it is written
// nowhere, and sent to this Viva alone.
import { offerCopies } from "./documentation.js";

const field = document.querySelector("#api-key");
for (const part of document.querySelectorAll("[data-needs-script]")) part.hidden = false;
// Browsers bring fields back when somebody comes back to a page; this one begins empty.
addEventListener("pageshow", () => (field.value = ""));
addEventListener("pagehide", () => (field.value = ""));

// Operations come when they are opened.
for (const details of document.querySelectorAll(".api-operation")) {
  details.addEventListener("toggle", () => details.open && load(details));
}

async function load(details) {
  const body = details.querySelector("[data-operation]");
  if (!body) return;
  const address = body.dataset.operation;
  delete body.dataset.operation;
  try {
    const response = await fetch(`${address}?part=true`);
    if (!response.ok) throw new Error(String(response.status));
    body.innerHTML = await response.text();
    prepare(body);
  } catch {
    // The link to its page is still there; opening it again tries again.
    body.dataset.operation = address;
  }
}

function openNamed() {
  const named = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!named?.matches(".api-operation")) return;
  named.hidden = false;
  named.open = true;
  named.scrollIntoView();
}
openNamed();
addEventListener("hashchange", openNamed);

// The filter: every word has to be somewhere in the name, the address, the tag or the scope.
const filter = document.querySelector("#api-filter");
filter?.addEventListener("input", () => {
  const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const section of document.querySelectorAll(".api-tag")) {
    let any = false;
    for (const details of section.querySelectorAll(".api-operation")) {
      const text = details.dataset.words.toLowerCase();
      details.hidden = !words.every((word) => text.includes(word));
      if (!details.hidden) count += 1;
      any ||= !details.hidden;
    }
    section.hidden = !any;
  }
  document.querySelector("#api-count").textContent = words.length
    ? `${count} ${count === 1 ? "operation" : "operations"}`
    : "";
});

function prepare(within) {
  for (const part of within.querySelectorAll("[data-needs-script]")) part.hidden = false;
  offerCopies(within);
  for (const form of within.querySelectorAll("form[data-try]")) {
    const code = form.closest(".api-body").querySelector("[data-curl]");
    form.addEventListener("input", () => (code.textContent = curl(asked(form))));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      send(form);
    });
  }
}
prepare(document);

// What the form asks for: method, address, headers, body.
function asked(form) {
  let path = form.dataset.path;
  const query = new URLSearchParams();
  const headers = {};
  for (const input of form.querySelectorAll("[data-place]")) {
    const { name, value } = input;
    if (input.dataset.place === "path") path = path.replace(`{${name}}`, encodeURIComponent(value) || input.placeholder || `{${name}}`);
    else if (value && input.dataset.place === "query") query.append(name, value);
    else if (value && input.dataset.place === "header") headers[name] = value;
  }
  const body = form.querySelector("[data-body]")?.value.trim() || null;
  if (body) headers["Content-Type"] = form.dataset.mediaType;
  const address = query.size ? `${path}?${query}` : path;
  return { method: form.dataset.method, address, headers, body, download: "download" in form.dataset };
}

function curl({ method, address, headers, body, download }) {
  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const options = `${method === "GET" ? "" : ` -X ${method}`}${download ? " -OJ" : ""}`;
  const lines = [`curl -sS${options} "$VIVA${address}"`, '-H "Authorization: Bearer $KEY"'];
  for (const [name, value] of Object.entries(headers)) lines.push(`-H ${quoted(`${name}: ${value}`)}`);
  if (body) lines.push(`-d ${quoted(body)}`);
  return lines.join(" \\\n  ");
}

async function send(form) {
  const outcome = form.querySelector("[data-outcome]");
  const { method, address, headers, body } = asked(form);
  if (field.value.trim()) headers.Authorization = `Bearer ${field.value.trim()}`;
  if (form.dataset.busy) return;
  form.dataset.busy = "yes";
  outcome.replaceChildren(paragraph("Sent …"));
  try {
    // Without cookies: what the key may do is what is tried.
    const response = await fetch(address, { method, headers, body, credentials: "omit" });
    const kind = response.headers.get("content-type") ?? "";
    const isText = !/^application\/(pdf|zip)/.test(kind);
    const text = isText ? await response.text() : `${kind}, ${(await response.blob()).size} bytes`;
    outcome.replaceChildren(paragraph(`${response.status} ${response.statusText}`), ...told(response, text));
    offerCopies(outcome);
  } catch (error) {
    outcome.replaceChildren(paragraph(`It could not be sent: ${error.message}`));
  } finally {
    delete form.dataset.busy;
  }
}

function paragraph(text) {
  const made = document.createElement("p");
  made.className = "api-status";
  made.textContent = text;
  return made;
}

const SHOWN = ["location", "link", "etag", "retry-after", "x-request-id", "idempotency-replayed", "preference-applied"];

function told(response, text) {
  const parts = [];
  const kept = [...response.headers].filter(([name]) => SHOWN.includes(name) || name.startsWith("ratelimit"));
  if (kept.length) parts.push(pre(kept.map(([name, value]) => `${name}: ${value}`).join("\n")));
  let shown = text;
  let problem;
  try {
    const value = JSON.parse(text);
    shown = JSON.stringify(value, null, 2);
    if (response.headers.get("content-type") === "application/problem+json") problem = value.type;
  } catch {
    // Not JSON: as it came.
  }
  if (shown) parts.push(pre(shown));
  if (problem?.startsWith("/docs/problems/")) {
    const link = document.createElement("a");
    link.href = problem;
    link.textContent = "What this problem means";
    parts.push(link);
  }
  return parts;
}

function pre(text) {
  const made = document.createElement("pre");
  made.tabIndex = 0;
  const code = document.createElement("code");
  code.textContent = text;
  made.append(code);
  return made;
}
