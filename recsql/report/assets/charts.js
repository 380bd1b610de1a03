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

async function draw(place) {
  const spec = structuredClone(data.charts[place.dataset.chart]);
  const rows = chosen(place);
  // a layer that is named after a column needs a value there
  const has = ({ name }) => !name || rows.some((row) => row[name] !== null);
  if (spec.layer) spec.layer = spec.layer.filter(has);
  coloured(spec, rows, place.clientWidth);
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

// Until all are drawn the page is too short to scroll to where the address points.
window.drawn = Promise.all([...document.querySelectorAll(".chart")].map(draw)).then((all) => {
  document.getElementById(location.hash.slice(1))?.scrollIntoView({ behavior: "instant" });
  return all.length;
});
