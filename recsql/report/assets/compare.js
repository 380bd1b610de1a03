// One backtest against another, of the two that are chosen; figures come as they are.
const pairs = unpack("run_pairs");
const runsOf = unpack("runs").slice(0, 6);
const [firstRun, secondRun] = ["run-first", "run-second"].map((id) => document.getElementById(id));

function compareRuns() {
  const [first, second] = [firstRun.value, secondRun.value];
  const told = document.getElementById("runs-said");
  const rows = pairs.filter((row) => row.first_run_id === first && row.second_run_id === second);
  const changed = rows.filter((row) => row.difference !== 0);
  const place = (run) => runsOf.findIndex((row) => row.run_id === run);
  if (place(first) <= place(second)) told.textContent = "Choose a later backtest to compare with an earlier one.";
  else if (!rows.length) told.textContent = "The two have no figure in common: they were measured by different truths, lists or metrics.";
  else if (!changed.length) told.textContent = `All ${count(rows[0].figure_count)} figures are the same.`;
  else told.textContent = `${count(rows[0].alike_count)} of ${count(rows[0].figure_count)} figures are the same and left out.`;
  const number = (value) => element("td", { class: "number" }, value.toPrecision(4));
  const signed = (value) => element("td", { class: "number" }, `${value > 0 ? "+" : ""}${value.toPrecision(2)}`);
  document.getElementById("runs-rows").replaceChildren(
    ...changed.map((row) =>
      element(
        "tr", {},
        element("th", { scope: "row" }, row.list_name),
        element("td", {}, row.allow_repeat), element("td", {}, row.metric),
        number(row.first_run), number(row.second_run), signed(row.difference),
        element("td", { class: row.verdict }, row.verdict ?? ""),
      ),
    ),
  );
}

if (firstRun) {
  const options = () =>
    runsOf.map((row) =>
      element("option", { value: row.run_id }, `${row.generated_at.slice(0, 16)} · ${row.run_id.slice(0, 8)}`),
    );
  firstRun.append(...options());
  secondRun.append(...options());
  firstRun.value = runsOf[1].run_id;
  document.getElementById("runs-choice").addEventListener("change", (event) => {
    event.stopPropagation(); // the charts of the section have choices of their own
    compareRuns();
  });
  compareRuns();
}
