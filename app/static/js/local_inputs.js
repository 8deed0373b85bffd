// Moments are typed in the reader's own zone; the server is told how far from UTC it is at that moment.

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const two = (number) => String(number).padStart(2, "0");

/** A moment as `datetime-local` wants it, in this browser's zone. */
const localValue = (at) =>
  `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;

for (const input of document.querySelectorAll("[data-local-moment]")) {
  const offset = input.form.elements.namedItem(`${input.name}_offset`);
  const tell = () => {
    const at = new Date(input.value);
    if (!Number.isNaN(at.getTime())) offset.value = String(at.getTimezoneOffset());
  };
  if (input.dataset.utc) input.value = localValue(new Date(`${input.dataset.utc}Z`));
  input.closest(".field").querySelector("[data-zone]").textContent = `Your time (${zone})`;
  input.addEventListener("input", tell);
  tell();
}
