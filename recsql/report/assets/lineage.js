// The models by layer: pointing at one marks what it reads and what reads it.
const graph = document.querySelector(".lineage");
const models = new Map(data.models.map((model) => [model.name, { ...model, children: [] }]));
for (const model of models.values()) {
  for (const parent of model.parents) models.get(parent)?.children.push(model.name);
}
const chips = new Map([...graph.querySelectorAll("button")].map((chip) => [chip.dataset.model, chip]));
const about = document.getElementById("model-about");
let pinned = null;
let traced = null;

function reach(name, side) {
  const seen = new Set();
  const todo = [name];
  while (todo.length) {
    for (const next of models.get(todo.pop())[side]) {
      if (!seen.has(next)) {
        seen.add(next);
        todo.push(next);
      }
    }
  }
  return seen;
}

function arrow(from, to, kind) {
  const frame = graph.getBoundingClientRect();
  const [a, b] = [chips.get(from), chips.get(to)].map((chip) => chip.getBoundingClientRect());
  const [x1, y1] = [a.left + a.width / 2 - frame.left, a.bottom - frame.top];
  const [x2, y2] = [b.left + b.width / 2 - frame.left, b.top - frame.top];
  const bend = Math.max(18, Math.abs(y2 - y1) / 2);
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", `M${x1},${y1} C${x1},${y1 + bend} ${x2},${y2 - bend} ${x2},${y2}`);
  path.setAttribute("class", kind);
  return path;
}

function trace(name) {
  traced = name;
  graph.classList.toggle("traced", name !== null);
  const svg = graph.querySelector("svg");
  svg.replaceChildren();
  const [up, down] = name ? [reach(name, "parents"), reach(name, "children")] : [new Set(), new Set()];
  for (const [other, chip] of chips) {
    chip.classList.toggle("self", other === name);
    chip.classList.toggle("up", up.has(other));
    chip.classList.toggle("down", down.has(other));
  }
  if (!name) return;
  const model = models.get(name);
  svg.append(...model.parents.filter((parent) => chips.has(parent)).map((parent) => arrow(parent, name, "up")));
  svg.append(...model.children.map((child) => arrow(name, child, "down")));
  const rows = model.rows === null ? "" : ` · ${count(model.rows)} rows`;
  const line = (text, names) => (names.length ? element("p", {}, `${text} ${names.join(", ")}`) : null);
  about.replaceChildren(
    element("p", {}, element("strong", {}, name), ` · ${model.layer} · ${model.kind}${rows}`),
    element("p", {}, model.description),
    ...[
      line("Reads", model.parents),
      line("Read by", model.children),
      element("p", { class: "note" }, `${up.size} models upstream, ${down.size} downstream.`),
    ].filter(Boolean),
  );
}

for (const [name, chip] of chips) {
  chip.addEventListener("mouseenter", () => trace(name));
  chip.addEventListener("mouseleave", () => trace(pinned));
  chip.addEventListener("focus", () => trace(name));
  chip.addEventListener("blur", () => trace(pinned));
  chip.addEventListener("click", () => {
    pinned = pinned === name ? null : name;
    for (const [other, button] of chips) button.setAttribute("aria-pressed", other === pinned);
    trace(pinned ?? name);
  });
}
addEventListener("resize", () => trace(traced));
