// The editor's form as data, and the buttons that add, move and remove its parts.

const READ = {
  text: (control) => control.value,
  number: (control) => (control.value.trim() !== "" && Number.isFinite(Number(control.value)) ? Number(control.value) : control.value),
  lines: (control) => control.value.split("\n").map((line) => line.trim()).filter(Boolean),
  list: (control) => control.value.split(/[\s,]+/).filter(Boolean),
};

/** The content that the form shows, as the question's file has it. */
export function formContent(form) {
  const content = {};
  for (const control of form.querySelectorAll("[data-path]")) {
    const value = READ[control.dataset.as](control);
    const empty = value === "" || (Array.isArray(value) && !value.length);
    if (!(empty && "optional" in control.dataset)) put(content, control.dataset.path.split("."), value);
  }
  return content;
}

/** Put a value into the control of a path; false when there is none. */
export function setControl(form, path, value) {
  const control = form.querySelector(`[data-path="${CSS.escape(path)}"]`);
  if (!control) return false;
  control.value = value;
  return control.value === value;
}

/** The control of a path, or the nearest one: the first below it, or that of the part round it. */
export function controlAt(form, path) {
  for (let at = path; at; at = at.includes(".") ? at.slice(0, at.lastIndexOf(".")) : "") {
    const name = CSS.escape(at);
    const found = form.querySelector(`[data-path="${name}"]`) ?? form.querySelector(`[data-path^="${name}."]`);
    if (found) return found;
  }
  return null;
}

function put(content, path, value) {
  let at = content;
  path.forEach((key, n) => {
    if (n === path.length - 1) at[key] = value;
    else at = at[key] ??= /^\d+$/.test(path[n + 1]) ? [] : {};
  });
}

function listAt(content, path) {
  let at = content;
  const keys = path.split(".");
  keys.forEach((key, n) => {
    at = at[key] ??= n === keys.length - 1 ? [] : /^\d+$/.test(keys[n + 1]) ? [] : {};
  });
  return at;
}

const FRESH = {
  "add-criterion": (list) => ({ id: `point-${list.length + 1}`, facet: "why", weight: 1, statements: ["Say the point here."] }),
  "add-group": () => ({ criteria: ["point-1"], at_least: 1, weight: 1 }),
  "add-source": () => ({ title: "Author, Title, where and when" }),
  "add-sample": () => ({ kind: "plain", grade: 0.75, text: "An answer." }),
};

/** The content after a button was pressed, and the path whose control should have the focus then. */
export function edited(content, { act, at, number }) {
  const list = listAt(content, at);
  const n = Number(number);
  if (act in FRESH) {
    list.push(FRESH[act](list));
    return { content, focus: `${at}.${list.length - 1}` };
  }
  if (act === "remove") list.splice(n, 1);
  if (act === "up") list.splice(n - 1, 2, list[n], list[n - 1]);
  if (act === "down") list.splice(n, 2, list[n + 1], list[n]);
  return { content, focus: `${at}.${act === "up" ? n - 1 : act === "down" ? n + 1 : Math.max(0, n - 1)}` };
}
