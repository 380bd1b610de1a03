"""`recsql tune` end to end: the page, a planted optimum, figures as in a backtest."""

from __future__ import annotations

import csv
import re
import shlex
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pytest
import yaml

from recsql.config.project import builtin_root, load_project
from recsql.engine.scheduling import ModelResult
from recsql.evaluation.backtest import Folds, run_backtest
from recsql.operation.events import Event
from recsql.tuning.moments import Bench
from recsql.tuning.targets import narrowed, target_of
from tests.integration.conftest import Recsql

pytestmark = pytest.mark.every_model

pytest.importorskip("optuna", reason="needs the extra tune")
PAGE = (builtin_root() / "docs/tuning.md").read_text()
START = datetime(2024, 1, 1, 12)


@pytest.mark.slow
def test_the_page(shop: Path, recsql: Recsql, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shop.parent)
    with (shop / "dbt_project.yml").open("a") as settings:
        settings.write("  candidate_sources: [history, als, popular]\n")
    told = []
    for block in re.findall(r"```console\n(.*?)```", PAGE, re.S):
        for command in block.splitlines():
            name, *arguments = shlex.split(command.removeprefix("$ "))
            assert name == "recsql"
            done = recsql(*arguments)
            assert (done.code, done.err) == (0, ""), command
            told.append(done.out)
    first, recipe, blend, again = told
    assert len(re.findall(r"^trial +\d", first, re.M)) == 3
    assert "als_factors: 32" in recipe or "als_factors: 64" in recipe
    assert len(re.findall(r"surfaces=home by (?:rank|score): \w+ \d", blend)) > 3
    assert "trials are there already" in again
    assert len(re.findall(r"^trial +\d", again, re.M)) == 1
    with duckdb.connect(str(shop / "warehouse/build.duckdb")) as file:
        twice = file.execute(
            "select count(*) from (select study, fold, settings from raw.tuning_trials "
            "group by all having count(*) > 1)"
        ).fetchone()
    assert twice == (0,)
    assert not list((shop / "warehouse").glob("tuning-*"))


def write_tastes_that_change(path: Path) -> None:
    """Eight users took `old` often, long ago, and since then take `new` now and then.

    With a decay of 10 days `new` leads their history at every fold, with 60 days or
    more `old` does: 120 * exp(-126 / 60) > 17.
    """
    with path.open("w", newline="") as file:
        write = csv.writer(file)
        write.writerow(("user_id", "item_id", "event_at"))
        for user in range(8):
            for n in range(120):
                write.writerow((user, "old", START + timedelta(hours=4 * n)))
            for n in range(23):
                write.writerow((user, "new", START + timedelta(days=50 + 5 * n)))


@pytest.mark.slow
def test_a_planted_optimum_is_found(
    recsql: Recsql, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_tastes_that_change(tmp_path / "events.csv")
    recsql("init", "shop")
    recsql("load", "events", "events.csv", "--project", "shop")
    asked = ("--source", "history", "--metric", "precision@1")
    space = ("--space", "decay_days=[10, 1000, null]")
    done = recsql("tune", *asked, *space, "--project", "shop")
    assert (done.code, done.err) == (0, "")
    assert re.search(r"^trial   0  0\.0000 .* as it is$", done.out, re.M)
    assert "precision@1 1.0000, as it is 0.0000: +1.0000 [+1.0000, +1.0000]" in done.out
    assert "The gain is not chance" in done.out
    assert done.out.endswith("vars:\n  decay_days: 10\n")


@pytest.mark.slow
def test_a_source_that_knows_leads_a_blend(
    recsql: Recsql, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Users take their own item again; what is popular says nothing of it."""
    monkeypatch.chdir(tmp_path)
    with (tmp_path / "events.csv").open("w", newline="") as file:
        write = csv.writer(file)
        write.writerow(("user_id", "item_id", "event_at"))
        for user in range(60):
            for n in range(16):
                at = START + timedelta(days=10 * n, minutes=user)
                write.writerow((user, f"own{user % 20}", at))
                if n < 3:
                    write.writerow((user, f"known{n}", at + timedelta(minutes=1)))
    recsql("init", "shop")
    recsql("load", "events", "events.csv", "--project", "shop")
    surface = {
        "name": "home",
        "allow_repeat": "all",
        "length": 10,
        "personal": ["popular"],
        "fallback": [],
    }
    given = yaml.safe_dump(
        {"candidate_sources": ["history", "popular"], "surfaces": [surface]}
    )
    asked = ("--recipe", "blend", "--surface", "home", "--metric", "mrr@10")
    done = recsql("tune", *asked, "--vars", given, "--project", "shop")
    assert (done.code, done.err) == (0, "")
    assert "The gain is not chance" in done.out
    pasted = yaml.safe_load(done.out[done.out.index("\nvars:") :])["vars"]
    (found,) = pasted["surfaces"]
    assert found["weights"]["history"] == 1.0
    assert found["weights"].get("popular", 0) < 0.5
    settings = yaml.safe_dump({**yaml.safe_load(given), **pasted})
    assert recsql("compile", "--vars", settings, "--project", "shop").code == 0


@pytest.mark.slow
def test_figures_are_those_of_a_backtest_and_little_is_built_twice(shop: Path) -> None:
    built: list[str] = []

    def listen(event: Event) -> None:
        if isinstance(event, ModelResult):
            built.append(event.name)

    project = load_project(shop)
    target = target_of(project, "als", "new_only", "ndcg@10")
    small = narrowed(project, target)
    bench = Bench(small, target, Folds(28, count=1, every=28), 2, listen)
    bench.open()
    try:
        assert bench.changes_nothing({"rules_per_item": 3})
        assert not bench.changes_nothing({"als_factors": 3})
        check = bench.check({"als_factors": 3})
        assert built.count("sig_als_model") == 2
        assert {"int_events", "int_user_items"} <= set(built)
        assert built.count("int_events") == built.count("int_user_items") == 1
    finally:
        bench.close()
    for factors, value in ((64, check.before), (3, check.after)):
        given = small.with_vars({"als_factors": factors, "eval_segments": ["orders"]})
        found = run_backtest(given, 28, 2, lambda event: None)
        (figure,) = [
            figure
            for figure in found.figures
            if (figure.list_name, figure.allow_repeat) == ("als", "new_only")
        ]
        assert (value, check.as_of) == (figure.value, found.as_of)
        assert check.users == figure.users
    assert check.low is not None
    assert check.high is not None
    assert check.low <= check.after - check.before <= check.high
    assert np.isfinite([check.low, check.high]).all()


def test_what_cannot_be_tuned(shop: Path, recsql: Recsql) -> None:
    def error(*asked: str) -> str:
        done = recsql("tune", *asked, "--project", shop)
        assert done.code == 2
        assert done.err.startswith("Error: ")
        assert done.err.count("\n") == 1
        return done.err

    space = ("--space", "als_factors=2..9")
    assert "say what to try" in error("--source", "als")
    assert "say which list" in error(*space)
    assert 'no list "asl". Did you mean "als"?' in error(*space, "--source", "asl")
    assert "brings its own space" in error(*space, "--recipe", "als")
    assert "is of a surface" in error("--recipe", "blend", "--source", "als")
    nobody = ("--source", "als", "--segment", "region=atlantis")
    assert "nobody has a figure of ndcg@10 of als, region atlantis" in (
        error(*space, *nobody)
    )
    folds = ("--folds", "9", "--source", "als")
    assert "no event is older" in error(*space, *folds)
    other = ("--space", "rules_per_item=2..9", "--source", "als")
    assert "rules_per_item changes no model that ndcg@10 of als needs" in error(*other)
