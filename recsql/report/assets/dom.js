// Small helpers; text only ever becomes text nodes, never HTML.
const data = JSON.parse(document.getElementById("data").textContent);

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

// A packed table as objects; texts are stored once, and told by their place.
function unpack(name) {
  const { columns, texts, rows } = data.tables[name] ?? { columns: [], texts: [], rows: [] };
  return rows.map((row) =>
    Object.fromEntries(
      columns.map((column, i) => [
        column,
        texts.includes(i) && row[i] !== null ? data.texts[row[i]] : row[i],
      ]),
    ),
  );
}

function grouped(rows, column) {
  const groups = new Map();
  for (const row of rows) {
    if (!groups.has(row[column])) groups.set(row[column], []);
    groups.get(row[column]).push(row);
  }
  return groups;
}

const count = (number) => (number ?? 0).toLocaleString("en-US");
const percent = (share) => (share === null ? "" : `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`);
const times = (number) => (number === 1 ? "once" : number === 2 ? "twice" : `${count(number)} times`);
const day = (moment) => (moment ? moment.slice(0, 10) : "");
