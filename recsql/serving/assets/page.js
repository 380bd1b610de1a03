// Asks the service's routes, and shows what they say. What comes from data becomes text nodes, never HTML.
"use strict";
const at = (id) => document.getElementById(id);
const { asks, histories } = document.body.dataset;
let token = ""; // held by this page alone: in no URL and no storage
let user = null;
let routes = [];

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

// A whole number of 64 bits is more than a number of JavaScript holds: ids stay as they are written.
const exact = (name, value, context) =>
  name === "item_id" && typeof value === "number" ? (context?.source ?? String(value)) : value;

async function ask(path) {
  const answer = await fetch(path, { headers: token ? { Authorization: `Bearer ${token}` } : {} });
  const body = JSON.parse(await answer.text(), exact);
  if (!answer.ok) throw new Error(body.error?.message ?? `The service said ${answer.status}.`);
  return body;
}

function part(id) {
  if (id === "." || id === "..") throw new Error("A browser takes this id for a folder and cannot ask for it; use curl.");
  return encodeURIComponent(id);
}

// Do one thing at a time per place: an answer that comes late is not shown.
const turns = {};
async function take(place, told, work) {
  const mine = (turns[place] = (turns[place] ?? 0) + 1);
  at(told).className = "note";
  try {
    const show = await work();
    if (mine === turns[place]) show();
  } catch (error) {
    if (mine === turns[place]) Object.assign(at(told), { className: "note wrong", textContent: error.message });
  }
}

const calm = (promise) => promise.catch((error) => ({ rows: [], wrong: error.message }));
const needed = () =>
  histories === "closed"
    ? "Closed: the service was started without RECSQL_SERVE_HISTORY_TOKEN."
    : token ? null : "This needs the token for histories: give it on top.";
const figure = (number) => (typeof number === "number" ? String(Number(number.toPrecision(4))) : "");
const fact = (name, value) => element("div", {}, element("dt", {}, name), element("dd", {}, value));
const nothing = (text) => element("li", { class: "nothing" }, text);

function row(line, ...more) {
  const id = String(line.item_id);
  const name = element("button", { type: "button", class: "title link", onclick: () => goToItem(id) }, line.item_title ?? id);
  const why = [line.item_title === null || line.item_title === id ? null : id, line.category, line.reason, line.score === null ? null : `score\u00a0${figure(line.score)}`];
  return element(
    "li", {},
    element("span", { class: "rank" }, line.item_rank ?? ""),
    element("span", {}, name),
    element("span", { class: "side" }, line.mark ? element("span", { class: "mark" }, `${line.mark} `) : null, line.source ? element("span", { class: "source" }, line.source) : null),
    element("div", { class: "why" }, why.filter((text) => text !== null && text !== undefined && text !== "").join(" · ")),
    more,
  );
}

const explain = (id, item) => ask(`/explain/${part(id)}/${part(item)}`);

function parts(id, surface, item) {
  const inside = element("div", { class: "why" });
  const made = element("details", {}, element("summary", {}, "what the score is made of"), inside);
  let asked = null; // the token it was asked with
  made.addEventListener("toggle", async () => {
    if (!made.open || asked === token) return;
    const need = needed();
    if (need) return inside.replaceChildren(need);
    asked = token;
    const { rows, wrong } = await calm(explain(id, item));
    const own = rows.filter((line) => line.surface === surface && line.what === "part of its score");
    const most = Math.max(...own.map((line) => Math.abs(line.figure)));
    const bars = own.map((line) => {
      const bar = element("i");
      bar.style.width = `${most ? (100 * Math.abs(line.figure)) / most : 0}%`;
      return element("li", {}, element("span", {}, line.reason), element("span", {}, bar), element("b", {}, figure(line.figure)));
    });
    inside.replaceChildren(wrong ?? (own.length ? element("ul", { class: "bars" }, bars) : "No parts are published for it."));
  });
  return element("div", { class: "why" }, made);
}

// What changed between two lists: each row says it, and one line counts it.
function compared(now, then) {
  const before = new Map(then.map((line) => [line.item_id, line.item_rank]));
  const after = new Set(now.map((line) => line.item_id));
  const counts = { new: 0, gone: 0, moved: 0, "the same": 0 };
  for (const line of now) {
    const rank = before.get(line.item_id);
    counts[rank === undefined ? "new" : rank === line.item_rank ? "the same" : "moved"] += 1;
    line.mark = rank === undefined ? "new" : rank === line.item_rank ? null : `was ${rank}`;
  }
  for (const line of then) {
    line.mark = after.has(line.item_id) ? null : "gone";
    counts.gone += !after.has(line.item_id);
  }
  return Object.entries(counts).map(([word, count]) => `${count} ${word}`).join(", ");
}

function surfaceShown(id, list, number, other) {
  const head = element("h3", {}, list.surface);
  const told = [list.variant && `variant ${list.variant} of ${list.experiment}`, list.list === "user" ? null : `the list of ${list.list === "region" ? "the user's region" : list.list}`];
  const then = (other?.rows ?? []).filter((line) => line.surface === list.surface);
  if (other && !other.wrong) told.push(then.length ? `beside version ${number}: ${compared(list.rows, then)}` : `version ${number} has no list for this user here`);
  const lines = (rows, more) => element("ol", { class: "list" }, rows.length ? rows.map(more) : nothing("Nothing."));
  const now = lines(list.rows, (line) => row(line, parts(id, list.surface, String(line.item_id))));
  const note = element("p", { class: "note" }, told.filter(Boolean).join(" · "));
  if (!other || other.wrong) return element("div", {}, head, note, now);
  const column = (text, list) => element("div", {}, element("h4", {}, text), list);
  const both = [column(`version ${list.version}, served`, now), column(`version ${number}`, lines(then, (line) => row(line)))];
  return element("div", {}, head, note, element("div", { class: "halves" }, both));
}

async function versions() {
  const told = await ask("/ui/versions");
  const { value } = at("other");
  routes = told.routes;
  const others = told.kept.filter((kept) => kept.version !== told.version);
  at("other").replaceChildren(element("option", { value: "" }, others.length ? "none" : "no other is kept"));
  for (const kept of others.reverse()) at("other").append(element("option", { value: kept.version }, `${kept.version} of ${kept.published_at.slice(0, 16)}`));
  at("other").value = others.some((kept) => String(kept.version) === value) ? value : "";
  at("served").textContent = `Version ${told.version} of ${told.published_at.slice(0, 16)}. Looking is not noted as shown.`;
  return told;
}

function lookUp(id) {
  at("user-told").textContent = "Asking ...";
  return take("user", "user-told", async () => {
    const path = part(id);
    const { surfaces } = await versions();
    const number = at("other").value;
    const need = routes.includes("history") ? needed() : "Not published: var serving is false.";
    const [lists, history, other] = await Promise.all([
      Promise.all(surfaces.map((name) => ask(`/recommend/${path}?is_shown=false&surface=${encodeURIComponent(name)}`))),
      need ? { rows: [], wrong: need } : calm(ask(`/history/${path}?k=200`)),
      number ? calm(ask(`/ui/versions/${number}/${path}`)) : null,
    ]);
    return () => {
      if (user !== id) ["why-list", "why-told"].forEach((place) => at(place).replaceChildren());
      user = id;
      at("user-told").textContent = other?.wrong ?? "";
      at("user-facts").replaceChildren(fact("user", id), fact("known", lists[0]?.is_known ? "yes" : "no: shown what is popular"), fact("version", String(lists[0]?.version)));
      at("user-lists").className = number ? "two" : "";
      at("user-lists").replaceChildren(...lists.map((list) => surfaceShown(id, list, number, other)));
      at("history-told").textContent = history.wrong ?? (history.rows.length ? "" : "Nothing is known of this user.");
      at("history").replaceChildren(...history.rows.map((line, i) => row({ ...line, source: null, item_rank: i + 1 })));
      at("history").hidden = !history.rows.length;
      at("user-shown").hidden = false;
    };
  });
}

const why = (item) => take("why", "why-told", async () => {
  const need = needed();
  if (need) throw new Error(need);
  const { rows } = await explain(user, item);
  return () => {
    at("why-told").textContent = rows.length ? "" : "In no list or reserve of this user, and taken off by no rule: no source proposed it, or others scored higher.";
    at("why-list").replaceChildren(...rows.map((line) => element(
      "li", {},
      element("span", { class: "rank" }, line.place ?? ""),
      element("span", { class: "title" }, `${line.surface}: ${line.what}`),
      element("span", { class: "side" }, figure(line.figure)),
      element("div", { class: "why" }, [line.source, line.reason].filter(Boolean).join(" · ")),
    )));
  };
});

const item = (id) => take("item", "item-told", async () => {
  const path = part(id);
  if (!routes.length) await versions();
  const names = { complements: "No rule starts from it.", substitutes: "No text is alike enough." };
  const answers = await Promise.all(Object.keys(names).map((name) =>
    routes.includes(name) ? calm(ask(`/items/${path}/${name}`)) : { rows: [], wrong: "No source reads texts: add content to candidate_sources." }));
  return () => {
    at("item-told").textContent = "";
    Object.entries(names).forEach(([name, none], i) => {
      const { rows, wrong } = answers[i];
      at(name).replaceChildren(...(rows.length ? rows.map((line) => row(line)) : [nothing(wrong ?? none)]));
    });
    at("item-shown").hidden = false;
  };
});

function goToItem(id) {
  at("item").value = id;
  at("item").focus();
  item(id);
}

const begin = () => take("served", "served", async () => (await versions(), () => {}));
function onSubmit(name, work) {
  at(`${name}-form`).addEventListener("submit", (event) => {
    event.preventDefault();
    work(at(name).value);
  });
}

onSubmit("user", lookUp);
onSubmit("why", why);
onSubmit("item", item);
onSubmit("token", (given) => {
  token = given;
  if (user !== null) lookUp(user);
  else begin();
});
at("other").addEventListener("change", () => user !== null && lookUp(user));
at("token-note").textContent = asks
  ? "The service asks for its token. The one for histories opens histories and explanations, too."
  : histories === "closed" ? "Histories and explanations are closed: no RECSQL_SERVE_HISTORY_TOKEN is set." : "Histories and explanations need it; lists do not.";
if (histories === "closed" && !asks) at("token-form").querySelectorAll("label, input, button").forEach((part) => { part.hidden = true; });
if (!asks) begin();
