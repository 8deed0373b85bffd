// Texts that the server has not acknowledged yet, kept in this browser: `viva.draft.<item>`.
// An entry is {text, base_revision, changed_at, interview, position, tab, sent}. When two tabs write to one question
// while the server is away, the entry of the earlier one moves aside to `viva.draft.<item>.<tab>`.

const PREFIX = "viva.draft.";

/** This tab, as long as the page lives. */
export const TAB = Math.random().toString(36).slice(2, 10);

function read(key) {
  try {
    const entry = JSON.parse(localStorage.getItem(key) ?? "null");
    return entry && typeof entry.text === "string" ? entry : null;
  } catch {
    return null;
  }
}

function keys() {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
  } catch {
    return [];
  }
}

function remove(key) {
  try {
    localStorage.removeItem(key);
  } catch {
    // Nothing was kept.
  }
}

/** Whether it is kept now; false when the browser has no storage or it is full. */
export function keep(item, entry) {
  try {
    const other = read(PREFIX + item);
    if (other && other.tab !== TAB && other.text !== entry.text && !entry.replaces) {
      localStorage.setItem(`${PREFIX}${item}.${other.tab}`, JSON.stringify(other));
    }
    localStorage.setItem(PREFIX + item, JSON.stringify({ ...entry, tab: TAB }));
    return true;
  } catch {
    return false;
  }
}

/** The kept text of a question, or null. */
export const kept = (item) => read(PREFIX + item);

/** Forget what this tab kept of a question: the server has it now. */
export function forget(item) {
  if (kept(item)?.tab === TAB) remove(PREFIX + item);
  remove(`${PREFIX}${item}.${TAB}`);
}

/** Every kept text of an interview: [{key, item, entry, aside}]. */
export function keptOf(interview) {
  return keys()
    .map((key) => {
      const [item, aside] = key.slice(PREFIX.length).split(".");
      return { key, item, aside: Boolean(aside), entry: read(key) };
    })
    .filter(({ entry }) => entry?.interview === interview);
}

/** Forget one of `keptOf`, if it still says the same. */
export function forgetSent({ key, entry }) {
  if (read(key)?.text === entry.text) remove(key);
}

/** Forget every kept text: a shared computer keeps nothing after signing out. */
export function forgetDrafts() {
  keys().forEach(remove);
}

/** Call back when another tab keeps a text of this question. */
export function onOtherTab(item, callback) {
  addEventListener("storage", (event) => {
    if (event.key !== PREFIX + item || !event.newValue) return;
    callback();
  });
}
