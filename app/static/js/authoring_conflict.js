// Two texts of one question, side by side: one is chosen to go on with.

/** Show both from where they first differ. */
function showDifference(one, other) {
  const [mine, theirs] = [one.value.split("\n"), other.value.split("\n")];
  const line = Math.max(0, mine.findIndex((text, n) => text !== theirs[n]));
  for (const box of [one, other]) {
    box.setSelectionRange(0, 0);
    box.scrollTop = Math.max(0, (line - 1) * parseFloat(getComputedStyle(box).lineHeight));
  }
}

/** Ask; resolves with "mine" or "theirs". */
export function chooseCopy(theirs, mine) {
  const dialog = document.getElementById("conflict");
  document.getElementById("conflict-theirs").value = theirs;
  document.getElementById("conflict-mine").value = mine;
  return new Promise((resolve) => {
    // Escape would leave the question open: one of the two has to be chosen.
    const stay = (event) => event.preventDefault();
    const choose = (event) => {
      const choice = event.target.closest("[data-keep]")?.dataset.keep;
      if (!choice) return;
      dialog.removeEventListener("click", choose);
      dialog.removeEventListener("cancel", stay);
      dialog.close();
      resolve(choice);
    };
    dialog.addEventListener("click", choose);
    dialog.addEventListener("cancel", stay);
    dialog.showModal();
    showDifference(document.getElementById("conflict-mine"), document.getElementById("conflict-theirs"));
  });
}
