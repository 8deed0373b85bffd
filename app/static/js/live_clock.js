// Times left, counted down from what the server measured: each is right to the second and asks nobody.
import { digits } from "./clock.js";

const ends = new WeakMap();

/** Take up `data-left-ms` of every element below a node; `at` is when the server's answer came. */
export function startClocks(root, at = performance.now()) {
  for (const element of root.querySelectorAll("[data-left-ms]")) ends.set(element, at + Number(element.dataset.leftMs));
  tick();
}

function tick() {
  for (const element of document.querySelectorAll("[data-left-ms]")) {
    const end = ends.get(element);
    if (end === undefined) continue;
    const left = element.dataset.stands === "yes" ? Number(element.dataset.leftMs) : Math.max(0, end - performance.now());
    const text = digits(left);
    if (element.textContent !== text) element.textContent = text;
  }
}

startClocks(document, performance.getEntriesByType("navigation")[0]?.responseStart || performance.now());
setInterval(tick, 1_000);
