// Searching users, items and models, and what is shown of them.

// An input with suggestions: the combobox pattern of the ARIA practices guide. What
// matches nothing is missed: nobody may take what stands there for the answer.
function combobox(box, options, pick, miss) {
  const input = box.querySelector("input");
  const list = box.querySelector("ul");
  let found = [];
  let active = -1;
  let chosen = "";

  function close() {
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function mark(place) {
    active = place;
    [...list.children].forEach((row, i) => row.setAttribute("aria-selected", i === place));
    if (place < 0) return;
    input.setAttribute("aria-activedescendant", list.children[place].id);
    list.children[place].scrollIntoView({ block: "nearest" });
  }

  function choose(option) {
    chosen = input.value = option.title;
    close();
    pick(option.id);
  }

  function open() {
    const words = input.value.toLowerCase().split(/\s+/);
    const matches = options.filter((option) => words.every((word) => option.search.includes(word)));
    const exact = matches.filter((option) => option.search.startsWith(words[0]));
    found = [...new Set([...exact, ...matches])].slice(0, 40);
    list.replaceChildren(
      ...found.map((option, i) =>
        element(
          "li",
          { role: "option", id: `${input.id}-${i}`, "aria-selected": "false", onmousedown: (event) => { event.preventDefault(); choose(option); } },
          option.title,
          element("span", {}, option.note),
        ),
      ),
    );
    if (!found.length) list.append(element("li", { class: "none", role: "option", "aria-disabled": "true" }, "Nothing here matches. This file holds a sample."));
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    mark(found.length && input.value ? 0 : -1);
  }

  input.addEventListener("input", open);
  input.addEventListener("focus", () => input.select());
  input.addEventListener("click", open);
  input.addEventListener("blur", () => {
    if (!list.hidden && !found.length) miss(input.value);
    else input.value = chosen;
    close();
  });
  input.addEventListener("keydown", (event) => {
    const moves = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in moves) {
      event.preventDefault();
      if (list.hidden) open();
      else if (found.length) mark((active + moves[event.key] + found.length) % found.length);
    } else if (event.key === "Enter" && !list.hidden && found.length) {
      event.preventDefault();
      choose(found[Math.max(active, 0)]);
    } else if (event.key === "Enter" && !list.hidden) {
      chosen = input.value;
      close();
      miss(input.value);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault(); // a browser would empty the input
      input.value = chosen;
      close();
    }
  });
  return (title) => { chosen = input.value = title; };
}

const lists = grouped(unpack("lists"), "user_id");
const histories = grouped(unpack("history"), "user_id");
const repeats = grouped(unpack("buy_again"), "user_id");
const reasons = grouped(unpack("reasons"), "user_id");
const users = new Map(unpack("users").map((user) => [user.user_id, user]));
const items = new Map(unpack("items").map((item) => [item.item_id, item]));
const pages = grouped(unpack("pages"), "item_id");
const complements = grouped(unpack("complements"), "item_id");
const substitutes = grouped(unpack("substitutes"), "item_id");

function fact(name, value) {
  return value === null || value === undefined || value === ""
    ? null
    : element("div", {}, element("dt", {}, name), element("dd", {}, value));
}

function itemName(id, title) {
  const shown = title || id;
  if (!pages.has(id)) return element("span", { class: "title" }, shown);
  return element("a", { class: "title link", href: `#item=${encodeURIComponent(id)}` }, shown);
}

// The id too, where the title is shown: titles may be alike.
const named = (line) => (line.other_title ? line.other_id : null);

function row(rank, name, side, ...why) {
  return element(
    "li", {},
    element("span", { class: "rank" }, rank),
    name,
    element("span", { class: "side" }, side ?? ""),
    ...why.map((text) => (text ? element("div", { class: "why" }, text) : null)),
  );
}

const nothing = (text) => element("li", { class: "nothing" }, text);

function parts(rows) {
  if (!rows?.length) return null;
  return element(
    "details", {},
    element("summary", {}, "what the score is made of"),
    element(
      "ul", { class: "bars" },
      rows.map((part) => {
        const bar = element("i");
        bar.style.width = `${Math.max(0, Math.min(100, 100 * part.contribution_share))}%`;
        return element(
          "li", {},
          element("span", {}, part.reason_title ?? part.part),
          element("span", {}, bar),
          element("b", {}, percent(part.contribution_share)),
        );
      }),
    ),
  );
}

const statuses = { overdue: "overdue", due: "due", not_yet: "not yet" };

function again(line) {
  const days = line.gap_days === 1 ? "day" : `${line.gap_days} days`;
  const rhythm = line.gap_days === null ? null : `every ${days}${line.gap_basis === "item" ? ", as others do" : ""}`;
  const expected = line.expected_on === null ? null : `expected on ${day(line.expected_on)}`;
  const why = [rhythm, expected].filter(Boolean).join(" · ");
  return row(line.item_rank, itemName(line.item_id, line.item_title), statuses[line.status], why);
}

let surface = null;

function showUser(id) {
  const rows = lists.get(id) ?? [];
  const known = users.get(id);
  const history = histories.get(id) ?? [];
  document.getElementById("user-facts").replaceChildren(
    ...[
      fact("user", id),
      fact("orders", known && count(known.order_count)),
      fact("first", day(known?.first_at)),
      fact("last", day(known?.last_at)),
      fact("group", known?.user_group),
      fact("region", known?.home_region),
    ].filter(Boolean),
  );
  document.getElementById("user-history").replaceChildren(
    ...(history.length
      ? history.map((line) => row(line.item_place, itemName(line.item_id, line.item_title), times(line.basket_count), `last on ${day(line.last_on)}`))
      : [nothing(data.tables.history ? "Nothing taken yet." : "Not in this report: see above.")]),
  );
  const taken = repeats.get(id) ?? [];
  document.getElementById("user-again")?.replaceChildren(...(taken.length ? taken.map(again) : [nothing("Nothing yet.")]));
  const bySurface = grouped(rows, "surface");
  const names = data.surfaces.filter((name) => bySurface.has(name));
  if (!names.includes(surface)) surface = names[0];
  const because = grouped((reasons.get(id) ?? []).map((part) => ({ ...part, key: `${part.surface} ${part.item_rank}` })), "key");

  function fill() {
    document.getElementById("user-tabs").replaceChildren(
      ...names.map((name) =>
        element("button", {
          type: "button", role: "tab", id: `tab-${names.indexOf(name)}`, "aria-selected": name === surface, "aria-controls": "user-list",
          tabindex: name === surface ? 0 : -1,
          onclick: () => { surface = name; fill(); },
          onkeydown: (event) => {
            const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
            if (!step) return;
            surface = names[(names.indexOf(surface) + step + names.length) % names.length];
            fill();
            document.querySelector("#user-tabs [aria-selected=true]").focus();
          },
        }, name),
      ),
    );
    document.getElementById("user-list").replaceChildren(
      ...(bySurface.get(surface) ?? []).map((line) =>
        row(
          line.item_rank,
          itemName(line.item_id, line.item_title),
          element("span", { class: "source" }, line.candidate_source),
          [line.category, line.reason].filter(Boolean).join(" · "),
          parts(because.get(`${surface} ${line.item_rank}`)),
        ),
      ),
    );
  }
  fill();
}

function showItem(id) {
  const item = items.get(id);
  const page = pages.get(id) ?? [];
  const replacing = page.filter((slot) => slot.kind === "substitute").length;
  document.getElementById("item-facts").replaceChildren(
    ...[
      fact("item", id),
      fact("category", item?.category),
      fact("taken by", item && `${count(item.user_count)} users`),
      fact("in", item && `${count(item.basket_count)} baskets`),
      fact("shown in", item && `${count(item.shown_count)} lists`),
      fact("last taken", day(item?.last_at)),
      fact("may be shown", page.length && !page[0].is_available ? "no: not available, or in too few baskets" : null),
      fact("its page shows", replacing ? `${count(replacing)} that replace it, then what goes with it` : null),
    ].filter(Boolean),
  );
  const fill = (place, rows, line, empty) =>
    document.getElementById(place).replaceChildren(
      ...(rows?.length ? rows.map(line) : [nothing(empty)]),
    );
  const added = { strict: null, relaxed: "by the second, looser pass", popular: "filled with what is popular" };
  fill(
    "item-complements", complements.get(id),
    (line) => row(
      line.item_rank, itemName(line.other_id, line.other_title),
      line.confidence === null ? "" : `${percent(line.confidence)} of its baskets`,
      [named(line), line.other_category, line.lift === null ? null : `lift ${line.lift.toPrecision(3)}`, line.pair_count === null ? null : `${count(line.pair_count)} baskets with both`, added[line.rule_pass]].filter(Boolean).join(" · "),
    ),
    "No rule starts from it.",
  );
  fill(
    "item-substitutes", substitutes.get(id),
    (line) => row(
      line.item_rank, itemName(line.other_id, line.other_title), `likeness ${line.similarity.toFixed(2)}`,
      [named(line), line.other_category, line.shared_terms && `both say: ${line.shared_terms}`].filter(Boolean).join(" · "),
    ),
    data.tables.substitutes ? "No text is alike enough." : "No source reads texts: add content to candidate_sources.",
  );
}

// Who was asked for is not here: say so, and leave nothing of anybody else.
function showNone(kind, text) {
  const size = kind === "user" ? lists.size : pages.size;
  document.getElementById(`${kind}-facts`).replaceChildren(
    element("p", { class: "missed" }, `No ${kind} “${text}” is in this file, which holds ${count(size)} ${kind}s. Write it with: recsql report --${kind} ${JSON.stringify(text)}`),
  );
  for (const place of document.querySelectorAll(`#${kind}s ol.list, #${kind}s .tabs`)) place.replaceChildren();
}

function itemTitle(id) {
  return items.get(id)?.item_title ?? pages.get(id)?.[0].item_title ?? id;
}

const boxes = {};

function follow() {
  const [, kind, text] = /^#(user|item)=(.*)$/.exec(location.hash) ?? [];
  if (!kind) return;
  if (!boxes[kind]) return;
  lookUp(kind, decoded(text));
  reveal(`${kind}s`).scrollIntoView({ behavior: "instant" });
  document.getElementById(`${kind}-search`).focus({ preventScroll: true });
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // written by hand
  }
}

// Show a user or an item, or that it is not here.
function lookUp(kind, id) {
  if (!(kind === "user" ? lists : pages).has(id)) showNone(kind, id);
  else if (kind === "user") showUser(id);
  else showItem(id);
  boxes[kind]?.(kind === "user" ? id : itemTitle(id));
}

function goTo(kind, id) {
  history.replaceState(null, "", `#${kind}=${encodeURIComponent(id)}`);
  lookUp(kind, id);
}

if (lists.size) {
  const options = [...lists.keys()].map((id) => ({
    id, title: id, search: id.toLowerCase(),
    note: users.has(id) ? `${count(users.get(id).order_count)} orders` : "",
  }));
  boxes.user = combobox(document.getElementById("user-box"), options, (id) => goTo("user", id), (text) => showNone("user", text));
  const [opening] = unpack("opening");
  lookUp("user", data.asked.user ?? (lists.has(opening?.user_id) ? opening.user_id : options[0].id));
}
if (pages.size) {
  const ids = [...(items.size ? items.keys() : pages.keys())];
  const options = ids.map((id) => ({
    id, title: itemTitle(id), search: `${itemTitle(id)} ${id}`.toLowerCase(),
    note: items.has(id) ? `${count(items.get(id).user_count)} users` : id,
  }));
  boxes.item = combobox(document.getElementById("item-box"), options, (id) => goTo("item", id), (text) => showNone("item", text));
  lookUp("item", data.asked.item ?? ids[0]);
}
addEventListener("hashchange", follow);
drawn.finally(follow);
