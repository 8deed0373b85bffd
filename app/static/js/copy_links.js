// Copies links that are shown only once. Without a clipboard the fields can be selected and copied by hand.

const status = document.querySelector("#copied");

async function copy(text, said) {
  try {
    await navigator.clipboard.writeText(text);
    status.textContent = said;
  } catch {
    status.textContent = "This browser does not let the page copy: select the link and copy it.";
  }
}

for (const field of document.querySelectorAll("[data-link]")) field.addEventListener("focus", () => field.select());

if (navigator.clipboard) {
  for (const button of document.querySelectorAll("[data-copy]")) {
    const field = button.parentElement.querySelector("[data-link]");
    button.hidden = false;
    button.addEventListener("click", () => copy(field.value, `The link of ${field.dataset.name} is copied.`));
  }
  const all = document.querySelector("[data-copy-all]");
  if (all) {
    all.hidden = false;
    all.addEventListener("click", () => {
      const fields = [...document.querySelectorAll("[data-link]")];
      copy(fields.map((field) => `${field.dataset.name}\t${field.value}`).join("\n"), "All links are copied.");
    });
  }
}
