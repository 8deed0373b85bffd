// From figures to what ECharts draws. Pure: no page, no state.

const base = (c) => ({
  textStyle: { fontFamily: c.font, color: c.quiet, fontSize: 13 },
  color: c.series,
  aria: { enabled: false },
  grid: { left: 8, right: 20, top: 24, bottom: 28, containLabel: true },
  tooltip: {
    renderMode: "richText",
    backgroundColor: c.sheet,
    borderColor: c.rule,
    textStyle: { color: c.ink, fontFamily: c.font, fontSize: 13 },
    confine: true,
  },
});

const category = (c, data, more = {}) => ({
  type: "category",
  data,
  axisTick: { show: false },
  axisLine: { lineStyle: { color: c.rule } },
  axisLabel: { color: c.quiet, fontSize: 12, hideOverlap: true },
  nameTextStyle: { color: c.quiet },
  ...more,
});

const value = (c, more = {}) => ({
  type: "value",
  axisLabel: { color: c.quiet, fontSize: 12 },
  axisLine: { show: false },
  axisTick: { show: false },
  splitLine: { lineStyle: { color: c.rule } },
  nameTextStyle: { color: c.quiet },
  ...more,
});

const below = (name) => ({ name, nameLocation: "middle", nameGap: 32 });
const above = (name) => ({ name, nameLocation: "end", nameTextStyle: { align: "left", padding: [0, 0, 0, -24] } });
const legend = (c) => ({ top: 0, left: 0, icon: "roundRect", itemWidth: 12, itemHeight: 12, textStyle: { color: c.ink } });

// A line from low to high with small ends; `flat`: along the x axis.
const whisker = (c, rows, flat) => ({
  type: "custom",
  silent: true,
  z: 3,
  data: rows,
  renderItem: (_, api) => {
    const [place, low, high] = [api.value(0), api.value(1), api.value(2)];
    const point = (v) => (flat ? api.coord([v, place]) : api.coord([place, v]));
    const [a, b] = [point(low), point(high)];
    const line = (x1, y1, x2, y2) => ({ type: "line", shape: { x1, y1, x2, y2 }, style: { stroke: c.ink, lineWidth: 1.5 } });
    const end = ([x, y]) => (flat ? line(x, y - 5, x, y + 5) : line(x - 5, y, x + 5, y));
    return { type: "group", children: [line(...a, ...b), end(a), end(b)] };
  },
});

const bars = (f, c) => ({
  ...base(c),
  tooltip: { ...base(c).tooltip, trigger: "axis", axisPointer: { type: "shadow" } },
  legend: f.series.length > 1 ? legend(c) : undefined,
  grid: { ...base(c).grid, top: f.series.length > 1 ? 64 : 36, bottom: 36 },
  xAxis: category(c, f.categories, below(f.x)),
  yAxis: value(c, { ...above(f.y), minInterval: 1 }),
  series: f.series.map((one) => ({
    type: "bar",
    name: one.name,
    data: one.values,
    barCategoryGap: "14%",
    barGap: "6%",
    itemStyle: { borderRadius: [3, 3, 0, 0] },
  })),
});

const ranges = (f, c, width) => {
  const rows = f.values.map((v, n) => [n, f.lows[n] ?? v, f.highs[n] ?? v]);
  const line = { color: c.quiet, type: "solid", width: 1 };
  // Around 0 as far as the widest interval goes: what is drawn by hand does not widen an axis by itself.
  const widest = Math.max(2, ...rows.flatMap(([, low, high]) => [Math.abs(low), Math.abs(high)]));
  const reach = Math.ceil((widest * 1.05) / 5) * 5;
  const [min, max] = f.zero ? [-reach, reach] : [f.min ?? undefined, f.max ?? undefined];
  return {
    ...base(c),
    grid: { ...base(c).grid, left: 16, top: 8, bottom: 36, right: 32 },
    tooltip: {
      ...base(c).tooltip,
      formatter: ({ dataIndex: n }) =>
        `${f.categories[n]}\n${f.values[n]} (${f.lows[n] ?? "–"} to ${f.highs[n] ?? "–"}), ${f.counts[n]} answers`,
    },
    xAxis: value(c, { ...below(f.x), min, max }),
    yAxis: category(c, f.categories, {
      inverse: true,
      axisLine: { onZero: false, lineStyle: { color: c.rule } },
      axisLabel: { color: c.ink, fontSize: 13, width: width < 420 ? 110 : 170, overflow: "break" },
    }),
    series: [
      f.zero
        ? {
            type: "scatter",
            data: f.values.map((v, n) => [v, n]),
            symbolSize: 13,
            z: 4,
            markLine: { silent: true, symbol: "none", label: { show: false }, lineStyle: line, data: [{ xAxis: 0 }] },
          }
        : { type: "bar", data: f.values, barWidth: "52%", itemStyle: { borderRadius: [0, 3, 3, 0], opacity: 0.85 } },
      whisker(c, rows, true),
    ],
  };
};

const scatter = (f, c) => ({
  ...base(c),
  grid: { ...base(c).grid, top: 36, bottom: 36 },
  tooltip: {
    ...base(c).tooltip,
    formatter: ({ data }) => `${data.name}\nmean ${data.value[0]}, correlation ${data.value[1]}, ${data.n} answers`,
  },
  xAxis: value(c, { ...below(f.x), min: 0, max: 100 }),
  yAxis: value(c, { ...above(f.y), max: 1, min: ({ min }) => Math.min(0, Math.floor(min * 5) / 5) }),
  series: [
    {
      type: "scatter",
      data: f.points.map((p) => ({ name: p.name, value: [p.x, p.y], n: p.n })),
      symbolSize: (_, { data }) => 8 + 2 * Math.min(8, Math.log2(1 + data.n / 10)),
      itemStyle: { opacity: 0.75, borderColor: c.sheet, borderWidth: 1 },
      markLine: {
        silent: true,
        symbol: "none",
        lineStyle: { color: c.series[1], type: "dashed", width: 1.5 },
        label: { formatter: "tells little below", color: c.quiet, position: "insideStartTop" },
        data: [{ yAxis: f.guide }],
      },
    },
  ],
});

const stack = (f, c, width) => ({
  ...base(c),
  color: c.bands,
  legend: legend(c),
  grid: { ...base(c).grid, top: width < 420 ? 60 : 40, bottom: 8 },
  tooltip: { ...base(c).tooltip, trigger: "axis", axisPointer: { type: "shadow" }, valueFormatter: (v) => `${v} %` },
  xAxis: value(c, { min: 0, max: 100, axisLabel: { color: c.quiet, formatter: "{value} %" } }),
  yAxis: category(c, f.categories, {
    inverse: true,
    axisLabel: { color: c.ink, fontSize: 12, width: width < 420 ? 110 : 190, overflow: "truncate", interval: 0 },
  }),
  series: f.series.map((one) => ({
    type: "bar",
    stack: "all",
    name: one.name,
    data: one.values,
    barWidth: "68%",
    itemStyle: { borderColor: c.sheet, borderWidth: 1 },
  })),
});

const trend = (f, c) => ({
  ...base(c),
  grid: { ...base(c).grid, top: 36 },
  tooltip: {
    ...base(c).tooltip,
    trigger: "axis",
    formatter: ([{ dataIndex: n }]) =>
      `${f.categories[n]}\n${f.values[n]} % (${f.lows[n]} to ${f.highs[n]})\n${f.counts[n]} reviewed answers`,
  },
  xAxis: category(c, f.categories, {
    boundaryGap: f.categories.length < 2,
    axisLabel: { color: c.quiet, fontSize: 12, hideOverlap: true, alignMinLabel: "left", alignMaxLabel: "right" },
  }),
  yAxis: value(c, { ...above(f.y), min: 0, max: 100 }),
  series: [
    { type: "line", stack: "band", symbol: "none", silent: true, lineStyle: { opacity: 0 }, data: f.lows },
    {
      type: "line",
      stack: "band",
      symbol: "none",
      silent: true,
      lineStyle: { opacity: 0 },
      areaStyle: { color: c.series[0], opacity: 0.18 },
      data: f.highs.map((high, n) => high - f.lows[n]),
    },
    { type: "line", data: f.values, symbol: "circle", symbolSize: 8, lineStyle: { width: 2.5 }, color: c.series[0] },
  ],
});

const reliability = (f, c) => ({
  ...base(c),
  grid: { ...base(c).grid, top: 36, bottom: 36 },
  tooltip: {
    ...base(c).tooltip,
    formatter: ({ data }) => (data.n ? `confidence ${data.value[0]} %\nright ${data.value[1]} %, ${data.n} reviews` : ""),
  },
  xAxis: value(c, { ...below(f.x), min: 0, max: 100 }),
  yAxis: value(c, { ...above(f.y), min: 0, max: 100 }),
  series: [
    {
      type: "line",
      data: [[0, 0], [100, 100]],
      symbol: "none",
      silent: true,
      lineStyle: { color: c.quiet, type: "dashed", width: 1.5 },
    },
    {
      type: "scatter",
      data: f.points.map((p) => ({ value: [p.x, p.y], n: p.n })),
      symbolSize: (_, { data }) => 9 + 2 * Math.min(8, Math.log2(1 + data.n / 10)),
      color: c.series[0],
      z: 4,
    },
    whisker(c, f.points.map((p) => [p.x, p.low, p.high]), false),
  ],
});

const KINDS = { bars, ranges, scatter, stack, trend, reliability };

// The option of one chart: its figures, the page's colours, and how wide it is in pixels.
export const optionOf = (figures, colours, width) => KINDS[figures.type](figures, colours, width);
