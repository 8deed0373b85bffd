// The documentation: the list of pages is open where there is room beside the text, and code can be copied.

const wide = matchMedia("(min-width: 60rem)");
const pages = document.querySelector("[data-open-when-wide]");
function unfold() {
  if (pages) pages.open = wide.matches;
}
unfold();
wide.addEventListener("change", unfold);

export function offerCopies(within) {
  if (!navigator.clipboard) return;
  for (const code of within.querySelectorAll("pre > code:not([data-copied])")) {
    code.dataset.copied = "";
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy-code";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(code.textContent);
        button.textContent = "Copied";
      } catch {
        button.textContent = "Select and copy by hand";
      }
      setTimeout(() => (button.textContent = "Copy"), 2_000);
    });
    // Beside the code and not in it: what scrolls must not take the button along.
    const whole = document.createElement("div");
    whole.className = "code";
    const pre = code.parentElement;
    pre.replaceWith(whole);
    whole.append(pre, button);
  }
}

offerCopies(document);
