// Keys of the room. On a Mac, Option writes letters of many languages, so Control is added to it there.

const MAC = /Mac|iPhone|iPad/.test(navigator.platform);

/** What the keys are called on this computer. */
export const SUBMIT_KEYS = MAC ? "⌘ Enter" : "Ctrl Enter";

/** Call `actions` (submit, next, previous, flag, time) when their keys are pressed. */
export function wireKeys(actions) {
  const letters = { KeyN: "next", KeyP: "previous", KeyG: "flag", KeyT: "time" };
  addEventListener("keydown", (event) => {
    if (event.repeat || event.isComposing || document.querySelector("dialog[open]")) return;
    if (event.key === "Enter" && (MAC ? event.metaKey || event.ctrlKey : event.ctrlKey)) {
      event.preventDefault();
      actions.submit?.();
      return;
    }
    const modified = event.altKey && event.ctrlKey === MAC && !event.metaKey && !event.shiftKey;
    const action = modified && !event.getModifierState("AltGraph") ? letters[event.code] : null;
    if (!action || !actions[action]) return;
    event.preventDefault();
    actions[action]();
  });
  if (!MAC) return;
  for (const key of document.querySelectorAll(".keys kbd")) {
    if (key.textContent === "Alt") key.textContent = "Control Option";
    if (key.textContent === "Ctrl") key.textContent = "⌘";
  }
}
