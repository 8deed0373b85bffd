// Draws every element with data-chart from its figures, in the page's own colours; drawn anew when the theme changes.
// Tooltips are drawn into the canvas (richText): as HTML they would carry inline styles, which the page forbids.
import { optionOf } from "./chart_options.js";

const still = matchMedia("(prefers-reduced-motion: reduce)");

const colours = () => {
  const style = getComputedStyle(document.documentElement);
  const read = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    ink: read("ink"),
    quiet: read("ink-quiet"),
    rule: read("rule"),
    sheet: read("sheet"),
    accent: read("accent"),
    soft: read("accent-soft"),
    font: getComputedStyle(document.body).fontFamily,
    series: [1, 2, 3, 4].map((n) => read(`series-${n}`)),
    bands: [1, 2, 3, 4].map((n) => read(`band-${n}`)),
  };
};

const drawn = new Map();

const draw = (element) => {
  const figures = JSON.parse(element.dataset.chart);
  if (figures.categories?.length > 12 && figures.type === "stack") element.dataset.tall = "";
  const chart = drawn.get(element) ?? window.echarts.init(element, null, { renderer: "canvas" });
  drawn.set(element, chart);
  chart.setOption({ animation: !still.matches, ...optionOf(figures, colours(), element.clientWidth) }, true);
};

const drawAll = () => document.querySelectorAll("[data-chart]").forEach(draw);

drawAll();
new MutationObserver(drawAll).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
let waiting;
addEventListener("resize", () => {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    for (const chart of drawn.values()) chart.resize();
    drawAll();
  }, 120);
});
