"""train-ranker end to end: training, scoring, and what can go wrong."""

from __future__ import annotations

import json
import shlex
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from recsql.config.project import builtin_root, load_project
from recsql.errors import InputError
from recsql.evaluation.backtest import Folds, run_folds
from recsql.evaluation.fold_rankers import fold_ranker
from recsql.evaluation.training import Past, Trained, train_ranker
from tests.integration.conftest import Outcome, Recsql

pytestmark = [pytest.mark.slow, pytest.mark.every_model]
MOMENT = "2024-04-15 00:00:00"
VARS = {"candidate_sources": ["history", "als", "popular"]}


def score(recsql: Recsql, shop: Path, **changed: Any) -> Outcome:
    given = json.dumps({**VARS, "ranker": True, **changed})
    models = ("-s", "+rank_scores", "--vars", given)
    return recsql("run", *models, "--project", shop)


def query(shop: Path, sql: str) -> list[Any]:
    with duckdb.connect(str(shop / "warehouse/build.duckdb")) as file:
        return file.execute(sql).fetchall()


@pytest.fixture(scope="module")
def trained(
    built_shop: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Trained]:
    """A shop with a ranker that saw nothing from MOMENT on."""
    shop = Path(
        shutil.copytree(built_shop, tmp_path_factory.mktemp("trained") / "shop")
    )
    past = Past(folds=2, every=14, days=14, until=datetime.fromisoformat(MOMENT))
    return shop, train_ranker(load_project(shop, VARS), past, 2, lambda event: None)


def test_the_page_works_to_the_letter(
    shop: Path, recsql: Recsql, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shop.parent)
    with (shop / "dbt_project.yml").open("a") as settings:
        settings.write(f"  candidate_sources: {VARS['candidate_sources']}\n")
    lines = (builtin_root() / "docs/ranker.md").read_text().splitlines()
    asked = [line.removeprefix("$ recsql ") for line in lines if line[:1] == "$"]
    printed = []
    for command in asked:
        done = recsql(*shlex.split(command))
        assert (done.code, done.err) == (0, ""), command
        printed.append(done.out)
    trained, _, shown, *_ = printed
    report = trained.split("What each feature is worth, and what it costs")[1]
    headers, first, *_, last = report.strip().splitlines()
    assert headers.split() == ["feature", "theme", "gain", "coverage", "theme", "ms"]
    assert first.split()[1].startswith("rank_")
    assert " pairs of 3 folds; newest fold: NDCG@10 0." in last
    assert "sku-" in shown


def test_rankers_are_kept_with_a_report(trained: tuple[Path, Trained]) -> None:
    shop, found = trained
    ((names, until, folds, trees),) = query(
        shop, "select features, learned_until, folds, trees from raw.rankers"
    )
    assert (until, folds, trees) == (found.learned_until, 2, found.ranker.trees)
    assert str(until) < MOMENT
    assert [str(moment)[:10] for moment in found.moments] == [
        "2024-03-18",
        "2024-04-01",
    ]
    rows = query(
        shop,
        "select feature, theme, gain_share, coverage, milliseconds "
        "from raw.ranker_features",
    )
    assert sorted(row[0] for row in rows) == sorted(names)
    assert sum(row[2] for row in rows) == pytest.approx(1)
    assert all(0 <= row[3] <= 1 and row[4] > 0 for row in rows)
    assert ("als_score", "rank_sources") in [row[:2] for row in rows]


def test_a_ranker_scores_today_and_what_came_after_it(
    trained: tuple[Path, Trained], recsql: Recsql
) -> None:
    for changed in ({}, {"as_of": MOMENT}):
        done = score(recsql, trained[0], **changed)
        assert (done.code, done.err) == (0, "")
    counts = "select count(*), count(distinct score) from rank_scores"
    ((rows, scores),) = query(trained[0], counts)
    assert query(trained[0], "select count(*) from rank_pairs") == [(rows,)]
    assert scores > 1


def test_a_backtest_refuses_a_ranker_that_knew_more(
    trained: tuple[Path, Trained], recsql: Recsql
) -> None:
    done = score(recsql, trained[0], as_of="2024-04-10 00:00:00")
    assert done.code == 1
    assert "no ranker was trained on what came before as_of" in done.err
    assert "recsql train-ranker --until" in done.err


def test_a_ranker_of_other_features_is_refused(
    trained: tuple[Path, Trained], recsql: Recsql
) -> None:
    done = score(recsql, trained[0], ranker_half_lives=[7, 30])
    assert done.code == 1
    assert "trained on other features" in done.err
    assert "e.g. decayed_120. Run: recsql train-ranker" in done.err


def test_without_a_ranker_it_says_how_to_get_one(shop: Path, recsql: Recsql) -> None:
    done = score(recsql, shop)
    assert done.code == 2
    assert "there is no table raw.rankers. Train a ranker" in done.err


def test_the_past_must_be_long_enough(shop: Path, recsql: Recsql) -> None:
    done = recsql("train-ranker", "--folds", "9", "--project", shop)
    assert done.code == 2
    assert "no event is older" in done.err
    assert "fewer --folds" in done.err


RANKED = {
    **VARS,
    "surfaces": [
        {
            "name": "home",
            "allow_repeat": "all",
            "length": 10,
            "strategy": "ranker",
            "personal": VARS["candidate_sources"],
            "fallback": ["popular"],
        }
    ],
}


def silent(event: object) -> None: ...


def test_each_fold_has_a_ranker_of_its_past_and_the_next_time_it_is_there(
    built_shop: Path, tmp_path: Path
) -> None:
    shop = Path(shutil.copytree(built_shop, tmp_path / "shop"))
    project = load_project(shop, RANKED)
    first = run_folds(project, Folds(14, count=2, every=14), 2, silent).folds
    for fold in first:
        assert fold.ranker
        assert fold.ranker.seconds
        assert fold.ranker.learned_until < fold.as_of
        assert "surface home" in {figure.list_name for figure in fold.figures}
    (again,) = run_folds(project, Folds(14, count=1, every=14), 2, silent).folds
    newest = max(first, key=lambda fold: fold.as_of)
    assert newest.ranker
    assert again.ranker
    assert again.ranker.seconds is None
    assert again.ranker.learned_until == newest.ranker.learned_until
    assert again.figures == newest.figures
    known = query(shop, "select learned_until from raw.rankers order by all")
    assert known == [(fold.ranker.learned_until,) for fold in first if fold.ranker]


def test_strategies_are_shown_side_by_side(
    built_shop: Path, tmp_path: Path, recsql: Recsql
) -> None:
    """Cascade, blend, mix, and a ranker that scores all; what was learned is kept."""
    shop = Path(shutil.copytree(built_shop, tmp_path / "shop"))
    (ranked,) = RANKED["surfaces"]
    given = {
        **RANKED,
        "ranker_depth": "all",
        "surfaces": [
            {**ranked, "name": name, "strategy": name}  # type: ignore[dict-item]
            for name in ("cascade", "blend", "mix", "ranker")
        ],
    }
    options = ("--project", shop, "--vars", json.dumps(given))
    done = recsql("backtest", "--last", "14d", "--folds", "1", *options)
    assert done.code == 0, done.err
    for name in ("cascade", "blend", "mix", "ranker"):
        assert f"surface {name}" in done.out
    kept = query(shop, "select objective, learned_until from raw.rankers order by all")
    assert [objective for objective, _ in kept] == ["cross_entropy", "lambdarank"]
    again = recsql("backtest", "--last", "14d", "--folds", "1", *options)
    assert again.code == 0, again.err
    assert query(shop, "select count(*) from raw.rankers") == [(2,)]
    shown = recsql("refresh", "--full-refresh", *options)
    assert shown.code == 0, shown.err
    with duckdb.connect(str(shop / "warehouse/recsql.duckdb"), read_only=True) as file:
        stages = file.execute(
            "select distinct surface, candidate_source from rec_for_user"
        ).fetchall()
    assert {("mix", "mix"), ("ranker", "ranker"), ("blend", "blend")} <= {*stages}


def test_the_ranker_of_a_fold_is_the_same_whatever_comes_after(
    built_shop: Path, tmp_path: Path
) -> None:
    as_of = datetime.fromisoformat(MOMENT)
    trees = []
    for name, where in (("here", "false"), ("there", f"event_at >= '{MOMENT}'")):
        shop = Path(shutil.copytree(built_shop, tmp_path / name))
        ((changed,),) = query(
            shop,
            "update raw.events set user_id = (select min(user_id) from raw.events), "
            f"item_id = (select max(item_id) from raw.events) where {where}",
        )
        assert (changed > 50) == (name == "there")
        project = load_project(shop, RANKED)
        start = datetime(2024, 1, 1)
        found = fold_ranker(project, start, (as_of, 14), "train", 2, silent)
        assert found
        assert found.learned_until < as_of
        trees += query(shop, "select booster from raw.rankers")
    assert trees[0] == trees[1]


def test_a_fold_without_a_past_says_so(trained: tuple[Path, Trained]) -> None:
    project = load_project(trained[0], RANKED)
    moment = datetime(2024, 1, 20), 14
    with pytest.raises(InputError, match="has too short a past to learn from"):
        fold_ranker(project, datetime(2024, 1, 10), moment, "auto", 2, silent)
    assert fold_ranker(project, moment[0], moment, "stored", 2, silent) is None
    plain = load_project(trained[0], VARS)
    assert fold_ranker(plain, moment[0], moment, "train", 2, silent) is None
