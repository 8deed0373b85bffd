// Two texts of one answer, side by side. Both are on the server already; here one is chosen to go on with.
import { clockTime } from "./time.js";

/** Ask, and resolve with the text to go on with. */
export function chooseText(dialog, mine, theirs) {
  dialog.querySelector("[data-mine]").textContent = mine;
  dialog.querySelector("[data-theirs]").textContent = theirs.text;
  dialog.querySelector("[data-saved-at]").textContent = theirs.saved_at ? clockTime(theirs.saved_at) : "";
  return new Promise((resolve) => {
    const texts = { mine, theirs: theirs.text, both: `${theirs.text}\n\n${mine}` };
    const stay = (event) => event.preventDefault();
    const choose = (event) => {
      const choice = event.target.closest("[data-keep]")?.dataset.keep;
      if (!choice) return;
      dialog.removeEventListener("click", choose);
      dialog.removeEventListener("cancel", stay);
      dialog.close();
      resolve(texts[choice]);
    };
    dialog.addEventListener("click", choose);
    // Escape would leave the question open: one of the three has to be chosen.
    dialog.addEventListener("cancel", stay);
    dialog.showModal();
  });
}
