// Draws every .chart of the page from its Vega-Lite specification; colours are the page's
// own properties, so dark mode and paper need no second drawing.
const palette = Array.from({ length: 14 }, (_, i) => `var(--c${i + 1})`);
const look = {
  background: null,
  font: "system-ui, sans-serif",
  view: { stroke: null },
  axis: {
    labelColor: "var(--muted)", titleColor: "var(--muted)", gridColor: "var(--line)",
    domainColor: "var(--mark)", tickColor: "var(--line)", labelFontSize: 12, titleFontSize: 12,
    titleFontWeight: 400, titlePadding: 8, labelLimit: 140,
  },
  axisY: { domain: false, ticks: false, labelPadding: 8 },
  legend: {
    labelColor: "var(--text)", titleColor: "var(--muted)", labelFontSize: 12, labelLimit: 190,
    symbolSize: 90, columnPadding: 14, rowPadding: 4,
  },
  range: { category: palette },
  bar: { color: "var(--c1)" },
  line: { color: "var(--c1)" },
};

// One colour per source or list, the same in all charts.
const names = [...new Set([...unpack("ranks"), ...unpack("overlap")].map((row) => row.candidate_source))];
names.push(...new Set(unpack("metrics").map((row) => row.list_name).filter((name) => !names.includes(name))));
names.sort();
const colour = Object.fromEntries(names.map((name, i) => [name, palette[i % palette.length]]));

function coloured(spec, rows, width) {
  for (const { encoding } of [spec, ...(spec.layer ?? [])]) {
    const color = encoding?.color;
    if (color?.legend) color.legend.columns = Math.max(2, Math.floor(width / 135));
    if (!["candidate_source", "list_name", "curve"].includes(color?.field)) continue;
    const domain = [...new Set(rows.map((row) => row[color.field]))].sort();
    color.scale = { domain, range: domain.map((name, i) => colour[name] ?? palette[i % palette.length]) };
  }
}

// The rows of a chart: those of its place in the page, and of what its section chose.
function chosen(place) {
  const where = JSON.parse(place.dataset.where ?? "{}");
  for (const select of place.closest("[data-choices]")?.querySelectorAll("select") ?? []) {
    where[select.name] = select.value;
  }
  const rows = unpack(place.dataset.table);
  const wanted = Object.entries(where).filter(([column]) => rows.length && column in rows[0]);
  return rows.filter((row) => wanted.every(([column, value]) => row[column] === value));
}

// Crossing lines have their names at their ends, one below the other where they are close.
const LABEL = { size: 11, step: 13, width: 96 };

function namedAtEnds(spec, rows, { series, along, figure, ends }) {
  const lines = grouped(rows.filter((row) => row[figure] !== null), series);
  if (lines.size < 2) return;
  const figures = rows.flatMap((row) => [figure, ...ends].map((column) => row[column]));
  const known = figures.filter((value) => typeof value === "number");
  let [low, high] = [Math.min(...known), Math.max(...known)];
  if (low === high) [low, high] = [low - 1, high + 1];
  const height = Math.max(spec.height, lines.size * LABEL.step);
  const order = (row) => (typeof row[along] === "number" ? row[along] : Date.parse(row[along]));
  const labels = [...lines.values()].map((own) => {
    const last = own.reduce((best, row) => (order(row) >= order(best) ? row : best));
    return { ...last, at: (height * (high - last[figure])) / (high - low) };
  });
  labels.sort((a, b) => a.at - b.at || (a[series] < b[series] ? -1 : 1));
  let free = 0;
  for (const label of labels) free = (label.at = Math.max(label.at, free)) + LABEL.step;
  free = height;
  for (const label of labels.toReversed()) free = (label.at = Math.min(label.at, free)) - LABEL.step;
  for (const layer of spec.layer) {
    if (layer.encoding.y) layer.encoding.y.scale = { domain: [low, high], nice: false, zero: false };
  }
  for (const label of labels) label.figure_at = high - (label.at * (high - low)) / height;
  spec.height = height;
  spec.layer.push({
    data: { values: labels },
    mark: { type: "text", align: "left", dx: 6, fontSize: LABEL.size, limit: LABEL.width - 8 },
    encoding: {
      x: { value: "width" },
      y: { field: "figure_at", type: "quantitative" },
      text: { field: series },
      opacity: { condition: { param: "chosen", value: 1 }, value: 0.15 },
    },
  });
  spec.padding = { left: 5, top: 5, bottom: 5, right: LABEL.width };
  spec.autosize = { type: "fit-x", contains: "padding" };
}

async function draw(place) {
  const spec = structuredClone(data.charts[place.dataset.chart]);
  const rows = chosen(place);
  // a layer that is named after a column needs a value there
  const has = ({ name }) => !name || rows.some((row) => row[name] !== null);
  if (spec.layer) spec.layer = spec.layer.filter(has);
  coloured(spec, rows, place.clientWidth);
  if (spec.usermeta?.ends) namedAtEnds(spec, rows, spec.usermeta.ends);
  spec.data = { values: rows };
  spec.width = "container";
  // Vega-Lite fits a width to the page only beside a height in pixels.
  const lines = new Set(rows.map((row) => row[spec.encoding?.y?.field])).size;
  if (spec.height.step) spec.height = spec.height.step * lines;
  await vegaEmbed(place, spec, {
    actions: false, ast: true, renderer: "svg", config: look,
    tooltip: { theme: "custom", disableDefaultStyle: true },
  });
  const drawing = place.querySelector("svg");
  drawing.setAttribute("role", "img");
  drawing.setAttribute("aria-label", place.dataset.label);
}

for (const section of document.querySelectorAll("[data-choices]")) {
  section.addEventListener("change", () => section.querySelectorAll(".chart").forEach(draw));
}

// A chart has a width once its section is open. Until those that are open are drawn the
// page is too short to scroll to where the address points.
const charts = new Map(sections.map((part) => [part, [...part.querySelectorAll(".chart")]]));
for (const [part, places] of charts) {
  if (!part.open) part.addEventListener("toggle", () => places.forEach(draw), { once: true });
}
window.drawn = Promise.all(sections.filter((part) => part.open).flatMap((part) => charts.get(part)).map(draw)).then((all) => {
  document.getElementById(location.hash.slice(1))?.scrollIntoView({ behavior: "instant" });
  return all.length;
});
