// The report: print with everything open, show where a link leads, and send what still waits in this browser.
import { sendLeftovers } from "./leftovers.js";

const page = document.getElementById("report-page");

const print = page.querySelector("[data-print]");
print.hidden = false;
print.addEventListener("click", () => window.print());

let opened = [];
addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll("details:not([open])")];
  for (const details of opened) details.open = true;
});
addEventListener("afterprint", () => {
  for (const details of opened) details.open = false;
});

/** A link into a folded part unfolds it. */
function unfold() {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (!target) return;
  const details = target.closest("details");
  if (details && !details.open) {
    details.open = true;
    target.scrollIntoView();
  }
}
addEventListener("hashchange", unfold);
unfold();

// The interview is over: what comes now is kept beside the answer and shown, so show it.
const { aside } = await sendLeftovers(page.dataset.interview, { fresh: true });
if (aside) location.reload();
