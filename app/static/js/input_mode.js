// Whether the answers are typed or dictated, if the candidate wants to say: told at once, and remembered by the server.
import { send } from "./calls.js";

/** Tell the server what is chosen; `failed()` when it was not heard (then it goes along with the next answer). */
export function wireInputMode(choice, interview, failed) {
  let saying = Promise.resolve();
  const tell = () => {
    choice.dataset.changed = "yes";
    // One after the other, so that the last choice is the last one told.
    saying = saying.then(async () => {
      const { ok } = await send("POST", `/interviews/${interview}/input-mode`, { input_mode: choice.value });
      if (!ok) failed();
    });
  };
  choice.addEventListener("change", tell);
  // Chosen before this script came.
  if (!choice.selectedOptions[0].defaultSelected) tell();
}
