// What every page does: local times, tidy search addresses, no drafts left behind at sign-out.
import { forgetDrafts } from "./drafts_kept.js";
import { showLocalTimes } from "./time.js";

showLocalTimes();
document.addEventListener("htmx:after:swap", () => showLocalTimes());

for (const form of document.querySelectorAll("form[data-sign-out]")) {
  form.addEventListener("submit", forgetDrafts);
}

// An erasure may be refused (a wrong password): the drafts go when the page after it shows that it was done.
const ERASING = "viva.erasing";
try {
  if (sessionStorage.getItem(ERASING) && location.pathname === "/") forgetDrafts();
  sessionStorage.removeItem(ERASING);
  for (const form of document.querySelectorAll("form[data-erase]")) {
    form.addEventListener("submit", () => sessionStorage.setItem(ERASING, "yes"));
  }
} catch {
  // Without storage there are no drafts to forget.
}

// One press, one request: a second press of the same button while the first is under way does nothing.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post" || form.id === "answer-form") return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
  // Somebody who stopped a slow page may press again.
  setTimeout(() => delete form.dataset.sent, 8_000);
});
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// Empty fields would only make the address long.
document.addEventListener("htmx:config:request", (event) => {
  const { ctx } = event.detail;
  if (!ctx?.sourceElement?.matches?.("[data-filter-form]")) return;
  const body = ctx.request?.body;
  if (!(body instanceof FormData)) return;
  for (const [name, value] of [...body.entries()]) if (value === "") body.delete(name);
});
