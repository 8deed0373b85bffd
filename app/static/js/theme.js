// Light or dark, before the first paint: what was chosen here, else what the system says.
(() => {
  const KEY = "viva.theme";
  const system = matchMedia("(prefers-color-scheme: dark)");
  const root = document.documentElement;

  const stored = () => {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null;
    }
  };

  const apply = () => {
    const dark = stored() ? stored() === "dark" : system.matches;
    root.setAttribute("data-bs-theme", dark ? "dark" : "light");
    root.style.colorScheme = dark ? "dark" : "light";
    for (const button of document.querySelectorAll("[data-theme-toggle]")) {
      button.hidden = false;
      button.setAttribute("aria-pressed", String(dark));
    }
  };

  const toggle = () => {
    const wanted = root.getAttribute("data-bs-theme") === "dark" ? "light" : "dark";
    try {
      // Back at what the system says, the page follows the system again.
      if ((wanted === "dark") === system.matches) localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, wanted);
    } catch {
      // Without storage the choice cannot be kept.
    }
    apply();
  };

  apply();
  system.addEventListener("change", apply);
  addEventListener("storage", (event) => event.key === KEY && apply());
  document.addEventListener("DOMContentLoaded", () => {
    apply();
    for (const button of document.querySelectorAll("[data-theme-toggle]")) button.addEventListener("click", toggle);
  });
})();
