"""`recsql diff --base`: what a change of the project would do, before it is merged."""

from __future__ import annotations

import json
import re
import subprocess
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

import recsql as recsql_api
from recsql.compilation.render import literal
from recsql.config.project import builtin_root, load_project
from recsql.questions.gate import broken
from recsql.questions.shows import Shown
from tests.integration.conftest import QUICK, Outcome, Recsql

pytestmark = pytest.mark.slow


def git(folder: Path, *command: str) -> None:
    name = ["-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run(
        ["git", *name, *command], cwd=folder, check=True, capture_output=True
    )


def changed(shop: Path) -> str:
    """Commit the shop, then leave its most popular item out; return which it is."""
    popular = recsql_api.load_project(shop).table("rec_popular", group_kind="all")
    item = str(popular.rows()[0]["item_id"])
    (shop / ".gitignore").write_text("warehouse\n")
    git(shop, "init", "-q", "-b", "main")
    git(shop, "add", ".")
    git(shop, "commit", "-q", "-m", "before")
    settings = shop / "dbt_project.yml"
    where = f"    where: {json.dumps(f'item_id <> {literal(item)}')} #"
    text = re.sub(
        r"(?m)^    where: null", lambda _: where, settings.read_text(), count=1
    )
    settings.write_text(text)
    return item


def precisions(events: list[tuple[str, str, datetime]], gone: str) -> list[float]:
    """Return precision@10 of the five most popular items, with one and without it.

    Lists are as of 28 days before the end, and for who was known then.
    """
    moment = max(at for _, _, at in events) + timedelta(seconds=1, days=-28)
    past = [(user, item, at) for user, item, at in events if at < moment]
    baskets = Counter(item for _, item, _ in {(u, i, at) for u, i, at in past})
    fans = Counter(item for _, item in {(u, i) for u, i, _ in past})
    ranked = sorted(fans, key=lambda item: (-fans[item], -baskets[item], item))
    known = {user for user, _, _ in past}
    truth: dict[str, set[str]] = {}
    for user, item, at in events:
        if at >= moment and user in known and item != gone:
            truth.setdefault(user, set()).add(item)
    lists = ranked[:5], [item for item in ranked if item != gone][:5]
    return [
        sum(len(taken & set(shown)) / 10 for taken in truth.values()) / len(truth)
        for shown in lists
    ]


def test_a_change_is_told_and_limits_hold(shop: Path, recsql: Recsql) -> None:
    gone = changed(shop)
    with duckdb.connect(str(shop / "warehouse/build.duckdb"), read_only=True) as file:
        events = file.execute("select user_id, item_id, event_at from raw.events")
        figures = precisions(events.fetchall(), gone)
    before = (shop / "warehouse/build.duckdb").read_bytes()
    limits = "diff_fail: {vanished_items: 0, overlap: 0.01, worse_metrics: 9}"
    given = ("--project", shop, "--vars", f"{{{QUICK}, {limits}}}")
    done = recsql("diff", "--base", "main", "--json", *given)
    assert done.code == 1
    assert done.err == (
        "Error: diff: limits of var diff_fail: 1 item is in no list any more; "
        "at most 0 may be.\n"
    )
    found = json.loads(done.out)
    (vanished,) = [row for row in found["items"] if row["what"] == "vanished"]
    assert vanished["item_id"] == gone
    models = {model["name"]: model for model in found["models"]}
    assert "stg_events" in models
    assert models["stg_events"]["how"] == "changed"
    assert "rec_for_user" in models["stg_events"]["tables"]
    assert "Lists for users" in models["stg_events"]["readers"]
    assert "rec_for_user" not in models, "its SQL is as it was"
    assert found["columns"] == []
    (home,) = found["surfaces"]
    assert home["changed_users"] > 0
    precise = {row["metric"]: row for row in found["metrics"]}["precision@10"]
    assert [precise["older"], precise["newer"]] == pytest.approx(figures)
    better = precise["newer"] - precise["older"]
    assert precise["better_by"] == pytest.approx(better)
    assert precise["interval_low"] < better < precise["interval_high"]
    assert {row["place"] for row in found["lists"]} <= set(range(1, 11))
    assert gone in {row["older_title"] for row in found["lists"]}
    assert gone not in {row["newer_title"] for row in found["lists"]}
    assert (shop / "warehouse/build.duckdb").read_bytes() == before


def test_a_comment_for_a_pull_request(shop: Path, recsql: Recsql) -> None:
    changed(shop)
    given = ("--project", shop, "--vars", f"{{{QUICK}}}")
    asked = ("--base", "HEAD", "--markdown", "--last", "0d")
    done: Outcome = recsql("diff", *asked, *given)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("## recsql: this change against `HEAD`\n")
    assert "<summary>The ten lists that changed most" in done.out
    assert "| stg_events | changed |" in done.out
    assert "Columns: all columns are as they were." in done.out
    assert "Metrics: not measured" in done.out


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (("--json",), "--markdown, --json and --last go with --base"),
        (("1", "--base", "main"), "name versions, or --base"),
        (("--base", "nowhere"), "diff --base: git knows no commit"),
    ],
)
def test_what_cannot_be_compared(
    shop: Path, recsql: Recsql, asked: tuple[str, ...], told: str
) -> None:
    changed(shop)
    done = recsql("diff", *asked, "--project", shop)
    assert done.code == 2
    assert told in done.err


def test_metrics_that_got_worse_pass_a_limit() -> None:
    headers = ("surface", "metric", "verdict")
    rows = (("home", "ndcg@10", "worse"), ("home", "recall@10", "cannot be told"))
    nothing = Shown(("what",), ())
    for limit, sentences in ((1, 0), (0, 1)):
        project = load_project(builtin_root()).with_vars(
            {"diff_fail": {"worse_metrics": limit}}
        )
        found = list(broken(project, nothing, nothing, Shown(headers, rows)))
        assert len(found) == sentences
    assert found == ["1 metric is worse (ndcg@10 of home); at most 0 may be"]
