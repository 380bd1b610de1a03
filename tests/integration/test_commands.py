"""Every command once, end to end, as a user would."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq
import pytest
from sqlfmt.api import format_string
from sqlfmt.mode import Mode

from recsql.__main__ import main
from recsql.config.project import builtin_root
from tests.integration.conftest import Recsql, write_events

LAYOUT = Mode(no_jinjafmt=True)
pytestmark = pytest.mark.every_model

COMMANDS = ["backtest", "build", "compare", "compile", "demo", "diff", "eject"]
COMMANDS += ["explain", "forget", "init", "lineage", "load", "ls", "publish"]
COMMANDS += ["refresh", "report", "rollback", "run", "serve", "show", "test"]
COMMANDS += ["train-ranker", "tune", "vars", "versions"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(recsql: Recsql, command: str) -> None:
    done = recsql(command, "--help")
    assert done.code == 0
    assert "Usage: " in done.out
    assert len(done.out.splitlines()) > 4


def test_help_names_every_command(recsql: Recsql) -> None:
    listed = recsql("--help").out.split("Commands:")[1]
    assert [line.split()[0] for line in listed.strip().splitlines()] == COMMANDS


def test_recsql_alone_is_help(recsql: Recsql) -> None:
    alone = recsql()
    assert (alone.code, alone.err) == (0, "")
    assert alone.out == recsql("--help").out


def test_help_has_no_marks_of_its_layout_and_names_every_preset(recsql: Recsql) -> None:
    for command in COMMANDS:
        assert "\\b" not in recsql(command, "--help").out
    presets = builtin_root() / "recsql/config/presets"
    told = recsql("init", "--help").out
    assert all(path.name in told for path in presets.iterdir() if path.is_dir())


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete_commands(shell: str) -> None:
    def ask(**given: str) -> str:
        return subprocess.run(
            [sys.executable, "-m", "recsql"],
            env={**os.environ, **given},
            capture_output=True,
            text=True,
        ).stdout

    assert "_RECSQL_COMPLETE" in ask(_RECSQL_COMPLETE=f"{shell}_source")
    words = {"COMP_WORDS": "recsql sh", "COMP_CWORD": "sh" if shell == "fish" else "1"}
    assert "show" in ask(_RECSQL_COMPLETE=f"{shell}_complete", **words)


def test_show_writes_for_other_programs(
    shop: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    def shown(kind: str, *more: str) -> bytes:
        asked = ["show", "rec_for_user", "--surface", "home", "--format", kind, *more]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", ["recsql", *asked, "--project", str(shop)])
            main()
        return capfdbinary.readouterr().out

    parquet = pq.read_table(io.BytesIO(shown("parquet")))
    rows = parquet.to_pylist()
    assert len(rows) > 100, "all rows, not the first twenty"
    lines = [json.loads(line) for line in shown("json").splitlines()]
    table = list(csv.DictReader(io.StringIO(shown("csv").decode())))
    for read in (lines, table):
        assert [(row["user_id"], row["item_id"]) for row in read] == [
            (row["user_id"], row["item_id"]) for row in rows
        ]
    assert set(table[0]) == set(rows[0]) > {"run_id", "generated_at"}
    assert len(shown("json", "--limit", "3").splitlines()) == 3


def test_what_did_not_change_is_not_listed(shop: Path, recsql: Recsql) -> None:
    assert recsql("publish", "--project", shop).code == 0
    told = recsql("diff", "--project", shop)
    assert (told.code, told.err) == (0, "")
    lines = [line for line in told.out.splitlines()[1:] if line]
    assert lines == [
        "no list changed",
        "no list changed",
        "the same items are in lists",
        "all tables have as many rows as before",
    ]


def test_a_model_that_is_not_built_runs_its_unit_tests(
    shop: Path, recsql: Recsql
) -> None:
    given = ("--vars", "{candidate_sources: [history, popular, user_knn]}")
    done = recsql("test", "--select", "cand_user_knn", "--project", shop, *given)
    assert (done.code, done.err) == (0, "")
    passed = re.search(r"tests +(\d+) passed", done.out)
    assert passed
    assert int(passed[1]) >= 1
    assert "not built, so no data test was run: cand_user_knn" in done.out


def test_refresh_publishes_the_public_tables(shop: Path, recsql: Recsql) -> None:
    done = recsql("refresh", "--project", shop)
    assert (done.code, done.err) == (0, "")
    assert "rejected 0 of" in done.out
    with duckdb.connect(str(shop / "warehouse/recsql.duckdb"), read_only=True) as file:
        tables = [row[0] for row in file.execute("show tables").fetchall()]
        comments = file.execute(
            "select count(*) from duckdb_columns() "
            "where comment is null and not internal"
        ).fetchone()
    names = "buy_again complement_fill complements excluded explanations for_user"
    names += " item_page items popular segment_items substitutes users users_for_item"
    parts = "changes drift fits freshness matches models rejected runs values"
    watched = [f"mon_{n}" for n in parts.split()]
    lists = [f"rec_{n}" for n in names.split()]
    parts = "histories items limits neighbours offers reserve sessions users"
    served = [f"serve_{n}" for n in parts.split()]
    assert tables == ["catalog", "manifest", *watched, *lists, *served]
    assert comments == (0,)


def test_show_prints_names_and_reasons(shop: Path, recsql: Recsql) -> None:
    done = recsql("show", "rec_for_user", "--user", "bob o'neil", "--project", shop)
    assert done.code == 0
    assert "taken" in done.out
    assert "sku-" in done.out
    assert "run_id" not in done.out


def test_show_reads_unpublished_tables_too(shop: Path, recsql: Recsql) -> None:
    assert recsql("show", "int_users", "--project", shop).code == 0


def test_show_says_what_to_do_for_an_unknown_user(shop: Path, recsql: Recsql) -> None:
    done = recsql("show", "rec_for_user", "--user", "nobody", "--project", shop)
    assert done.code == 2
    assert "recsql show rec_popular" in done.err


def test_backtest_prints_and_keeps_the_metrics(shop: Path, recsql: Recsql) -> None:
    done = recsql("backtest", "--last", "4w", "--project", shop)
    assert (done.code, done.err) == (0, "")
    table, _, rest = done.out.split("Backtest:")[1].partition("\n\n")
    lists = {line.split()[1] for line in table.splitlines()[2:]}
    assert {"history", "als", "rules", "popular", "surface"} <= lists
    assert "leads by ndcg@10" in rest
    assert "(personal_min_orders is 1)" in rest
    assert "What to do:\nsurface discover: " in rest
    assert re.search(r"alternatives? at once\)", rest)
    recsql("backtest", "--last", "2w", "--project", shop)
    with duckdb.connect(str(shop / "warehouse/build.duckdb")) as file:
        for table in ("eval_runs", "eval_summary", "eval_comparisons"):
            kept = file.execute(f"select count(distinct run_id) from {table}")
            assert kept.fetchone() == (2,)


def test_backtests_of_several_moments_and_their_comparison(
    shop: Path, recsql: Recsql
) -> None:
    folds = ("backtest", "--last", "2w", "--folds", "2", "--every", "1w", "--gap", "3d")
    done = recsql(*folds, "--project", shop)
    assert (done.code, done.err) == (0, "")
    assert "Backtest, the users of 2 folds together: trained before" in done.out
    recsql("backtest", "--last", "2w", "--vars", "{als_factors: 2}", "--project", shop)
    with duckdb.connect(str(shop / "warehouse/build.duckdb")) as file:
        rows = file.execute(
            "select run_id, fold, as_of, gap_days, changed_vars from eval_runs "
            "order by generated_at"
        ).fetchall()
        means = dict(
            file.execute(
                "select run_id, sum(metric_value * user_count) / sum(user_count) "
                "from eval_summary where list_name = 'als' and allow_repeat = "
                "'all' and metric = 'ndcg' and segment_kind = 'all' "
                "and fold is not null "
                "group by run_id"
            ).fetchall()
        )
    first, second = rows[0][0], rows[2][0]
    assert [row[1] for row in rows] == [1, 2, 1]
    assert rows[1][0] == first
    assert (rows[1][2] - rows[0][2]).days == 7
    assert [row[3] for row in rows] == [3, 3, 0]
    assert json.loads(rows[2][4])["als_factors"] == 2
    told = recsql("compare", first[:8], second[:8], "--project", shop)
    assert (told.code, told.err) == (0, "")
    (line,) = [x for x in told.out.splitlines() if re.match("all +als +ndcg", x)]
    shown = [float(x) for x in line.split()[3:6]]
    expected = [means[first], means[second], means[second] - means[first]]
    assert shown == pytest.approx(expected, rel=1e-3)
    with duckdb.connect(str(shop / "warehouse/build.duckdb")) as file:
        file.execute(
            f"update eval_runs set truth = 'listable' where run_id = '{second}'"
        )
    refused = recsql("compare", first[:8], second[:8], "--project", shop)
    assert refused.code == 2
    assert refused.err == (
        "Error: compare: figures of different truths do not compare: "
        f"{first} by eval_truth: all and {second} by eval_truth: listable. "
        "Run recsql backtest again with one of them.\n"
    )


def test_compare_names_the_runs_there_are(shop: Path, recsql: Recsql) -> None:
    nothing = recsql("compare", "a", "b", "--project", shop)
    assert nothing.code == 2
    assert "Run: recsql backtest" in nothing.err
    recsql("backtest", "--last", "2w", "--project", shop)
    unknown = recsql("compare", "nobody", "b", "--project", shop)
    assert unknown.code == 2
    assert 'compare: 0 runs begin with "nobody". The latest are: ' in unknown.err


def test_folds_are_moments_in_time(shop: Path, recsql: Recsql) -> None:
    given = ("--vars", "{eval_split: random}", "--project", shop)
    done = recsql("backtest", "--folds", "2", *given)
    assert done.code == 2
    assert "eval_split is random" in done.err
    assert recsql("backtest", *given).code == 0


def test_eject_then_ls_says_the_model_is_yours(shop: Path, recsql: Recsql) -> None:
    assert recsql("eject", "sig_rules", "--project", shop).code == 0
    assert (shop / "sql/signals/rules/sig_rules.sql").exists()
    rows = recsql("ls", "--project", shop).out.splitlines()
    (row,) = [row for row in rows if row.startswith("sig_rules ")]
    assert "replaces the built-in model" in row
    assert recsql("eject", "sig_rules", "--project", shop).code == 2
    assert recsql("eject", "metric_definitions", "--project", shop).code == 0
    assert (shop / "seeds/metric_definitions.csv").exists()


def test_the_tree_has_a_line_for_every_model(shop: Path, recsql: Recsql) -> None:
    listed = recsql("ls", "--project", shop).out.splitlines()[1:]
    models = {line.split()[0] for line in listed if " seeds " not in line}
    lines = recsql("ls", "--tree", "--project", shop).out.splitlines()[1:]
    told = [line.split(maxsplit=1) for line in lines]
    folders = [name for name, _ in told if name.startswith("sql/")]
    assert {name for name, _ in told} - set(folders) == models
    assert len(told) == len(models) + len(folders), "with what it holds, and once"
    assert folders[0] == "sql/staging/"
    assert folders.index("sql/signals/rules/") < folders.index("sql/recommendations/")
    assert "What goes together in a basket" in dict(told)["sql/signals/rules/"]


def test_a_replaced_model_is_what_runs(shop: Path, recsql: Recsql) -> None:
    recsql("eject", "rec_popular", "--project", shop)
    path = shop / "sql/recommendations/rec_popular.sql"
    path.write_text(
        path.read_text().replace("'all' as group_name", "'mine' as group_name")
    )
    assert recsql("run", "-s", "rec_popular", "--project", shop).code == 0
    with duckdb.connect(str(shop / "warehouse/build.duckdb")) as file:
        names = file.execute("select distinct group_name from rec_popular").fetchall()
    assert names == [("mine",)]


def test_selection_builds_only_what_was_asked(shop: Path, recsql: Recsql) -> None:
    done = recsql("run", "-s", "cand_history+", "-e", "cand_all+", "--project", shop)
    built = {line.split()[1] for line in done.out.splitlines() if "done " in line}
    assert built == {"cand_history"}


def test_compile_writes_plain_sql(shop: Path, recsql: Recsql, tmp_path: Path) -> None:
    done = recsql("compile", "--project", shop, "--out", tmp_path / "out")
    assert done.code == 0
    text = (tmp_path / "out/interactions/users/int_user_items.sql").read_text()
    assert "{{" not in text
    assert "main.int_owner_items" in text
    texts = [path.read_text() for path in sorted((tmp_path / "out").rglob("*.sql"))]
    assert len(texts) > 100
    for text in texts:
        assert not re.search(r"\n\n\n|[ \t]\n|\n\n *\)", text), "a hole is left"
        assert not re.search(r"^[})]", text, re.M), "as deep as what it is in"
    assert all(format_string(text, LAYOUT) == text for text in texts[::8])


def test_lineage_ends_at_the_raw_columns(shop: Path, recsql: Recsql) -> None:
    lines = recsql("lineage", "rec_for_user.score", "--project", shop).out.splitlines()
    assert lines[0] == "rec_for_user.score"
    assert any(line.strip() == "cand_history.score" for line in lines)
    assert any(line.strip() == "raw.events.event_at" for line in lines)


def test_tests_pass_on_a_built_shop(shop: Path, recsql: Recsql) -> None:
    done = recsql("test", "--project", shop)
    assert (done.code, done.err) == (0, "")


def test_vars_on_the_command_line(shop: Path, recsql: Recsql) -> None:
    done = recsql("run", "--project", shop, "--vars", "{candidate_sources: [popular]}")
    assert done.code == 0
    assert "cand_popular" in done.out
    assert "sig_als_model" not in done.out


def test_a_var_that_nothing_reads_is_pointed_out(shop: Path, recsql: Recsql) -> None:
    with (shop / "dbt_project.yml").open("a") as file:
        file.write("  decay_day: 30\n")
    done = recsql("ls", "--project", shop)
    assert (
        "dbt_project.yml: vars: decay_day: no model reads it. Did you mean "
        '"decay_days"?'
    ) in done.err


def _jsonl(path: Path) -> None:
    rows = [{"user_id": 1, "item_id": n, "timestamp": f"2024-01-0{n}"} for n in (1, 2)]
    text = "\n".join(json.dumps(row) for row in rows)
    with gzip.open(path, "wt") as file:
        file.write(text)


def test_load_reads_every_format(shop: Path, recsql: Recsql, tmp_path: Path) -> None:
    table = pa.table({"user_id": [1, 2], "item_id": ["a", "b"]})
    pyarrow.parquet.write_table(table, tmp_path / "t.parquet")
    for name, new in (("t.arrow", pa.ipc.new_file), ("t.ipc", pa.ipc.new_stream)):
        with new(str(tmp_path / name), table.schema) as writer:
            writer.write_table(table)
    (tmp_path / "t.tsv").write_text("user_id\titem_id\n1\ta\n2\tb, c\n")
    with gzip.open(tmp_path / "t.csv.gz", "wt") as file:
        file.write("user_id,item_id\n1,a\n2,b\n")
    _jsonl(tmp_path / "t.jsonl.gz")
    names = ("t.parquet", "t.arrow", "t.ipc", "t.tsv", "t.csv.gz", "t.jsonl.gz")
    for name in names:
        done = recsql("load", "some", tmp_path / name, "--project", shop)
        assert (done.code, done.err) == (0, ""), name
        assert "loaded 2 rows from 1 file" in done.out


def test_load_takes_globs_and_types(shop: Path, recsql: Recsql, tmp_path: Path) -> None:
    for n in (1, 2, 3):
        (tmp_path / f"part{n}.csv").write_text(f"sku,price\n00{n},1.5\n")
    done = recsql(
        "load",
        "skus",
        tmp_path / "part*.csv",
        "--type",
        "sku=VARCHAR",
        "--project",
        shop,
    )
    assert "loaded 3 rows from 3 files" in done.out
    with duckdb.connect(str(shop / "warehouse/build.duckdb")) as file:
        skus = file.execute("select sku from raw.skus order by sku").fetchall()
    assert skus == [("001",), ("002",), ("003",)]


def test_init_writes_a_project_that_works(recsql: Recsql, tmp_path: Path) -> None:
    write_events(tmp_path / "events.csv")
    folder = tmp_path / "My Shop 2"
    assert "recsql refresh" in recsql("init", folder).out
    assert recsql("init", folder).code == 2
    assert (
        recsql("load", "events", tmp_path / "events.csv", "--project", folder).code == 0
    )
    assert recsql("refresh", "--project", folder).code == 0


@pytest.mark.parametrize("command", ["run", "build"])
def test_a_full_refresh_builds_anew(shop: Path, recsql: Recsql, command: str) -> None:
    asked = (command, "-s", "int_owners", "--full-refresh", "--project", shop)
    done = recsql(*asked)
    assert (done.code, done.err) == (0, "")
    assert "built anew: --full-refresh" in done.out
