// Times come in UTC; people read them in their own zone.

const sameDay = (a, b) => a.toDateString() === b.toDateString();

/** “14:03:22”, the way draft states say it. */
export function clockTime(iso) {
  return new Date(iso).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

/** “today, 14:03”, “yesterday, 14:03” or “23 November 2025, 14:03”. */
export function localMoment(at, now = new Date()) {
  const time = at.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  const yesterday = new Date(now);
  yesterday.setDate(now.getDate() - 1);
  if (sameDay(at, now)) return `today, ${time}`;
  if (sameDay(at, yesterday)) return `yesterday, ${time}`;
  return `${at.toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" })}, ${time}`;
}

/** Fill in every `<time datetime>` below a node. */
export function showLocalTimes(root = document) {
  for (const element of root.querySelectorAll("time[datetime]")) {
    const at = new Date(element.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    element.textContent = element.closest("#draft-state") ? clockTime(at) : localMoment(at);
    element.title = `${at.toLocaleString("en-GB")} (${zone})`;
  }
}
