"""House rules of the SQL project, as tests."""

from __future__ import annotations

import csv
import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from sqlglot import exp

from recsql.compilation.compiler import Plan, compile_project
from recsql.compilation.lineage import output_columns, parse
from recsql.config.declared import runner_vars
from recsql.config.project import builtin_root, load_project
from recsql.config.settings import family_of
from recsql.errors import InputError
from tests.worlds import ALL_SOURCES, ALL_SWITCHES, model_of

LAYERS = [
    "staging",
    "interactions",
    "eligibility",
    "signals",
    "candidates",
    "ranking",
    "surfaces",
    "explanations",
    "recommendations",
    "serving",
    "evaluation",
    "experiments",
    "monitoring",
]
SHORT = ("stg", "int", "elig", "sig", "cand", "rank", "list", "why", "rec")
SHORT += ("serve", "eval", "exp", "mon")
PREFIXES = dict(zip(LAYERS, SHORT, strict=True))
CONTRACT = {
    "user_id",
    "item_id",
    "candidate_source",
    "score",
    "is_repeat",
    "reason_item_id",
    "kind_rank",
    "item_rank",
}
INTERNAL = ("user_index", "item_index", "antecedent_index", "consequent_index")
ROOT = builtin_root()


def plan_of(**changed: object) -> Plan:
    given = {"as_of": "2017-12-04", **changed}
    return compile_project(load_project(ROOT).with_vars(given))


PLAN = plan_of(**ALL_SWITCHES)
MODELS = sorted(PLAN.models)


def columns_of(plan: Plan) -> dict[str, list[str]]:
    known: dict[str, list[str]] = {}
    for table in plan.project.sources.values():
        name = plan.renderer.render_text(table.identifier, table.path)
        known[f"raw.{name}"] = [column.name for column in table.columns]
    for seed, path in plan.project.seeds.items():
        known[f"main.{seed}"] = path.read_text().splitlines()[0].split(",")
    for name in plan.graph.order:
        if name in plan.models:
            known[f"main.{name}"] = output_columns(plan.models[name], known)
    return known


COLUMNS = columns_of(PLAN)


def test_arrows_point_down_the_layers() -> None:
    for name, compiled in PLAN.models.items():
        for parent in compiled.refs:
            if parent in PLAN.models:
                above = PLAN.models[parent].model.layer
                assert LAYERS.index(above) <= LAYERS.index(compiled.model.layer), name


FOLDERS = {
    name: compiled.model.path.relative_to(ROOT / "sql").parent
    for name, compiled in PLAN.models.items()
}


def test_a_folder_begins_with_its_contract_and_reading_order() -> None:
    files = list((ROOT / "sql").rglob("*.sql"))
    for folder in sorted({path.parent for path in files}):
        lines = (folder / f"_{folder.name}.yml").read_text().partition("\n\n")[0]
        what, contract, order = re.sub(r"\n#   +", " ", lines).splitlines()
        assert re.match(r"# [A-Z].*[.?]$", what), folder
        assert contract.startswith("# Contract: "), folder
        names = order.removeprefix("# Read in this order: ").rstrip(".").split(", ")
        assert sorted(names) == sorted(p.stem for p in files if p.parent == folder)
        for place, name in enumerate(names):
            reads = PLAN.models[name].refs if name in PLAN.models else ()
            assert not set(reads) & set(names[place + 1 :]), f"{name}: read it later"


def test_folders_of_a_layer_read_each_other_one_way() -> None:
    reads: dict[Path, set[Path]] = {folder: set() for folder in FOLDERS.values()}
    for name, compiled in PLAN.models.items():
        reads[FOLDERS[name]] |= {FOLDERS[r] for r in compiled.refs if r in FOLDERS}
    for folder, above in reads.items():
        above.discard(folder)
    TopologicalSorter(reads).prepare()  # says which, were there a circle


def test_models_are_selected_by_folder_as_by_dbt() -> None:
    rules = {name for name, path in FOLDERS.items() if str(path) == "signals/rules"}
    for said in ("sql/signals/rules", "signals/rules/", "signals.rules"):
        assert set(PLAN.graph.select([said])) == rules
    assert PLAN.graph.select(["path:sql/signals/rules/sig_rules.sql"]) == ("sig_rules",)
    assert set(PLAN.graph.select(["sql/signals"])) == {
        name for name in MODELS if name.startswith("sig_")
    }
    with pytest.raises(InputError, match='Did you mean "signals/rules"'):
        PLAN.graph.select(["signals/rule"])


def test_only_staging_reads_sources() -> None:
    readers = {c.model.layer for c in PLAN.models.values() if c.sources}
    assert readers == {"staging"}


@pytest.mark.parametrize("name", MODELS)
def test_a_model_is_named_after_its_layer(name: str) -> None:
    assert name.startswith(PREFIXES[PLAN.models[name].model.layer] + "_")
    assert len(name) <= 30


@pytest.mark.parametrize("name", MODELS)
def test_a_model_reads_like_the_others(name: str) -> None:
    lines = PLAN.models[name].model.sql.splitlines()
    assert re.match(r"-- One row", lines[0]), "line 1 states the grain"
    assert lines[-2:] == ["select *", "from final"]
    assert len(lines) <= 100, "aim at 80"


@pytest.mark.parametrize("name", MODELS)
def test_a_model_uses_every_cte_it_names(name: str) -> None:
    tree = parse(PLAN.models[name])
    read = {table.name for table in tree.find_all(exp.Table)}
    assert {cte.alias for cte in tree.find_all(exp.CTE)} <= read


@pytest.mark.parametrize("name", MODELS)
def test_every_model_and_column_is_described(name: str) -> None:
    described = PLAN.project.properties[name]
    assert described.description.strip()
    missing = set(COLUMNS[f"main.{name}"]) - set(described.columns)
    assert not missing
    assert not set(described.columns) - set(COLUMNS[f"main.{name}"])
    for column in described.columns.values():
        text = PLAN.renderer.render_text(column.description, described.path)
        assert text.strip(), column.name


@pytest.mark.parametrize(
    "name", ["cand_all", *sorted(map(model_of, PLAN.project.vars["candidate_sources"]))]
)
def test_every_candidate_source_keeps_the_contract(name: str) -> None:
    assert set(COLUMNS[f"main.{name}"]) == CONTRACT


@pytest.mark.parametrize(
    ("model", "macro"),
    [("cand_factors", "factor_sources"), ("cand_linear", "linear_sources")],
)
def test_a_family_lists_its_sources(model: str, macro: str) -> None:
    """The yml, which says what may be listed, names those that the SQL builds."""
    names = PLAN.renderer.render_text("{{ " + macro + "() }}", Path("test.md"))
    assert set(names.split()) == set(family_of(PLAN.project, model))


@pytest.mark.parametrize("name", PLAN.public)
def test_no_public_table_shows_an_index(name: str) -> None:
    assert not set(INTERNAL) & set(COLUMNS[f"main.{name}"])


def test_a_model_that_calls_python_is_a_table() -> None:
    from recsql.seam.udfs import FUNCTIONS

    for name, compiled in PLAN.models.items():
        if any(f"{f.name}(" in compiled.sql for f in FUNCTIONS):
            assert compiled.config["materialized"] != "view", name


def test_experiments_that_are_not_planned_cost_nothing() -> None:
    plan = plan_of(**{**ALL_SWITCHES, "experiments": [], "sample_sizes": []})
    off = set(PLAN.models) - set(plan.models)
    assert off == {name for name in MODELS if name.startswith("exp_")}
    assert "stg_exposures" in plan.models, "a surface has a cap"
    assert "stg_exposures" not in plan_of().models


def test_a_source_that_is_not_listed_costs_nothing() -> None:
    plan = plan_of(candidate_sources=["popular"])
    costly = {"cand_factors", "sig_als_model", "cand_history", "sig_knn_neighbours"}
    costly |= {"int_basket_sequence", "sig_next_items", "sig_sequential_rules"}
    costly |= {"sig_item_terms", "sig_content_neighbours", "rec_substitutes"}
    assert not costly & set(plan.models)


def test_what_is_off_by_default_costs_nothing() -> None:
    plan = plan_of()
    off = set(PLAN.models) - set(plan.models)
    others = set(ALL_SOURCES) - set(plan.project.vars["candidate_sources"])
    used = set(map(model_of, plan.project.vars["candidate_sources"]))
    assert {model_of(source) for source in others} - used <= off
    assert {"sig_itemsets", "sig_itemset_rules", "sig_bpr_model", "int_core"} <= off
    assert {"int_item_nodes", "int_basket_nodes", "sig_level_rules"} <= off
    assert {"int_basket_regions", "sig_region_pairs", "sig_region_rules"} <= off
    assert {"sig_shared_users", "sig_relation_texts", "sig_item_relations"} <= off
    assert {"eval_auc", "eval_calibration"} <= off
    assert {"eval_popularity_recall"} <= off
    assert {"eval_content_diversity", "eval_user_categories"} <= off
    assert "eval_category_diversity" in off
    assert {name for name in MODELS if "rank" in name.split("_")[0]} <= off
    assert "stg_rankers" in off
    assert {"stg_refreshes", "mon_runs", "mon_models", "mon_drift"} <= off
    assert {"stg_holdout_exposures", "eval_policies"} <= off


@pytest.mark.parametrize(
    "path", sorted((ROOT / "macros").rglob("*.sql")), ids=lambda p: p.stem
)
def test_a_macro_is_small_and_shows_an_example(path: Path) -> None:
    text = path.read_text()
    head, _, body = text.partition("-#}")
    assert head.startswith("{#- " + path.stem + "("), "arguments on top"
    assert "->" in head, "one rendered example on top"
    assert text.count("{% macro") == 1
    assert f"macro {path.stem}(" in body
    assert len(body.strip().splitlines()) <= 26


# Macros with one use: where engines differ, what keeps another macro short, and what
# CONTRIBUTING offers to authors of candidate sources.
KEPT = {"add_seconds", "stable_sum", "days_between", "repeat_number", "top_by_scope"}
KEPT |= {"rejection_reason", "outlier_reason", "return_reason", "events_at_once"}
KEPT |= {"split_part", "is_test_event", "overlap_by_depth"}
KEPT |= {"event_decay", "eligible_pairs", "owner_key", "line_key"}
KEPT |= {"event_key", "tombstones", "implausible_time", "decay_sums", "decayed_sum"}
KEPT |= {"unreadable_text", "user_columns", "required_depths"}


def test_a_macro_gets_the_ctes_it_reads_as_arguments() -> None:
    for path in (ROOT / "macros").rglob("*.sql"):
        body = path.read_text().partition("-#}")[2]
        own = re.search(r"\b(?:from|join)\s+[a-z_]\w*\b(?!\s*\()", body)
        assert own is None, f"{path.stem}: {own and own[0]}"


def test_a_macro_stands_with_those_who_use_it() -> None:
    """In the folder of a layer that uses it, or of expressions that several use."""
    macros = {path.stem: path for path in (ROOT / "macros").rglob("*.sql")}
    files = [*macros.values(), *(ROOT / "sql").rglob("*.sql")]
    users: dict[str, set[str]] = {name: set() for name in macros}
    for path in [*files, *(ROOT / "queries").rglob("*.sql")]:
        top, *rest = path.relative_to(ROOT).parts
        for name in set(re.findall(r"\b(\w+)\(", path.read_text())) & set(macros):
            if name != path.stem:
                users[name].add(rest[0] if top != "queries" else "queries")
    for path in (ROOT / "tests/dbt").glob("*.sql"):
        for name in set(re.findall(r"\b(\w+)\(", path.read_text())) & set(macros):
            users[name].add("tests")
    for name, path in macros.items():
        folder = path.parent.name
        if folder == "dbt":
            continue  # in place of what recsql gives itself
        assert folder in users[name] or folder == "expressions", name
        assert folder != "expressions" or len(users[name]) > 1, name


def test_a_unit_test_says_whether_its_model_is_added_to() -> None:
    """As dbt wants it, which else refuses to read the project."""
    for unit_test in PLAN.project.unit_tests:
        model = PLAN.models.get(unit_test.model)
        if (
            model and re.search(r"(incremental|fit)_materialization\(", model.model.sql)
        ) or (model and model.incremental):
            assert "is_incremental" in unit_test.macros, unit_test.name


def test_rows_of_a_unit_test_name_the_same_columns() -> None:
    """As dbt wants it of what is expected: the first row says which are compared."""
    for test in PLAN.project.unit_tests:
        rows = test.expect.get("rows") or []
        if isinstance(rows, list):
            assert len({frozenset(row) for row in rows}) <= 1, test.name


def test_a_macro_used_once_is_inlined() -> None:
    folders = ("sql/**", "macros/**", "queries/**", "tests/dbt")
    files = [path for folder in folders for path in ROOT.glob(f"{folder}/*.sql")]
    texts = [path.read_text().partition("-#}")[2] or path.read_text() for path in files]
    for path in (ROOT / "macros").rglob("*.sql"):
        uses = sum(len(re.findall(rf"\b{path.stem}\(", text)) for text in texts) - 1
        assert uses > 1 or path.stem in KEPT, path.stem


def test_every_default_var_is_read() -> None:
    for path in PLAN.project.queries.values():
        sql = path.read_text()
        assert sql.startswith("-- One row per "), "line 1 states the grain"
        PLAN.renderer.render_text(sql, path)
        assert set(PLAN.renderer.referenced()) <= {*PLAN.models, *PLAN.project.seeds}
    assert set(PLAN.project.default_vars) <= PLAN.renderer.vars_read | runner_vars()


def test_the_page_on_metrics_has_every_formula() -> None:
    page = (ROOT / "docs/metrics.md").read_text()
    with (ROOT / "warehouse/seeds/metric_definitions.csv").open() as seed:
        for row in csv.DictReader(seed):
            assert f"| `{row['metric']}` | {row['formula']} |\n" in page


def test_conditions_on_users_are_told_by_all_their_columns() -> None:
    """Macro user_columns lists them: what it does not know would share a catalogue."""
    users, items = (set(COLUMNS[f"main.int_{kind}"]) for kind in ("users", "items"))
    text = (ROOT / "macros/eligibility/user_columns.sql").read_text()
    shared, own = (
        set(
            re.findall(r'"(\w+)"', re.search(rf"set {name} = \[(.*?)\]", text, re.S)[1])
        )
        for name in ("shared", "own")
    )
    assert (shared, own) == (users & items, users - items)
