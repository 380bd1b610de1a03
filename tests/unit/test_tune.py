"""The search of `recsql tune`, on a bench that computes figures and builds nothing."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import duckdb
import pytest

from recsql.config.project import Project, builtin_root, load_project
from recsql.errors import InputError, Interrupted, ModelError, ProjectError
from recsql.tuning.moments import Bench, Check, Moment, Score
from recsql.tuning.recipes import follow, recipe_of
from recsql.tuning.search import Budget, open_lab, require_optuna, run_search
from recsql.tuning.space import Choice, Range, parse_space, to_paste
from recsql.tuning.targets import Target, narrowed, target_of
from recsql.tuning.trials import Lab, Trial

pytest.importorskip("optuna", reason="needs the extra tune")
PROJECT = load_project(builtin_root())
FACTORS = parse_space(PROJECT, ["als_factors=8..128"])
TARGET = Target("als", "all", "ndcg", 10)
Figure = Callable[[Mapping[str, Any], int], float]


def near_40(settings: Mapping[str, Any], fold: int) -> float:
    """Best at 40 factors; the folds differ, as real ones do."""
    return 1 - abs(settings.get("als_factors", 64) - 40) / 100 + fold / 50


@dataclass
class Computed:
    """A bench of three folds; two are searched."""

    figure: Figure
    target: Target = TARGET
    scored: list[tuple[Any, int]] = field(default_factory=list)
    users: Mapping[str, int] = field(default_factory=dict)  # by region
    moments: tuple[Moment, ...] = tuple(
        Moment(n, datetime(2024, 1, 1) + timedelta(days=28 * n)) for n in (1, 2, 3)
    )
    searched = moments[:-1]

    def open(self) -> None: ...

    def close(self) -> None: ...

    def study(self) -> str:
        return repr(self.target.segment)

    def regions(self, users: int, most: int) -> list[str]:
        return [name for name, count in self.users.items() if count >= users][:most]

    def in_region(self, region: str) -> Computed:
        return replace(self, target=self.target.in_region(region))

    def changes_nothing(self, settings: Mapping[str, Any]) -> bool:
        return False

    def score(self, settings: Mapping[str, Any], moment: Moment) -> Score:
        self.scored.append((settings, moment.number))
        region = {"_region": self.target.segment[1]} if self.users else {}
        value = self.figure({**settings, **region}, moment.number)
        return Score(moment.number, value, 100, 0.1)

    def check(self, settings: Mapping[str, Any]) -> Check:
        before, after = self.figure({}, 3), self.figure(settings, 3)
        gain = after - before
        return Check(
            self.moments[2].as_of, before, after, gain - 0.01, gain + 0.01, 100
        )


def project_in(folder: Path) -> Project:
    path = folder / "build.duckdb"
    return replace(PROJECT, profile=replace(PROJECT.profile, build=path))


def lab_on(folder: Path, figure: Figure) -> tuple[Lab, Computed]:
    bench = Computed(figure)
    return Lab(project_in(folder), cast(Bench, bench), lambda trial: None), bench


def rows(folder: Path, what: str) -> list[Any]:
    with duckdb.connect(str(folder / "build.duckdb")) as file:
        return file.execute(f"select {what} from raw.tuning_trials").fetchall()


def search(folder: Path, figure: Figure, trials: int, space: Any = FACTORS) -> Any:
    lab, bench = lab_on(folder, figure)
    with open_lab(lab):
        return run_search(lab, space, Budget(trials), 42), bench


def test_a_planted_optimum_is_found(tmp_path: Path) -> None:
    found, _ = search(tmp_path, near_40, 25)
    assert abs(found.best.settings["als_factors"] - 40) <= 3
    assert found.default.settings == {}
    assert found.default.value == pytest.approx((0.76 + 1 / 50 + 0.76 + 2 / 50) / 2)
    assert found.check.after - found.check.before == pytest.approx(
        (64 - found.best.settings["als_factors"]) / 100, abs=0.061
    )


def test_less_may_be_better(tmp_path: Path) -> None:
    lab, bench = lab_on(tmp_path, lambda settings, fold: -near_40(settings, fold))
    bench.target = replace(bench.target, metric="gini", is_better_higher=False)
    with open_lab(lab):
        found = run_search(lab, FACTORS, Budget(20), 42)
    assert abs(found.best.settings["als_factors"] - 40) <= 5


def test_hopeless_trials_stop_after_a_fold(tmp_path: Path) -> None:
    found, bench = search(tmp_path, near_40, 15)
    pruned = [trial for trial in found.trials if trial.status == "pruned"]
    complete = [trial for trial in found.trials if trial.status == "complete"]
    assert pruned
    assert {len(trial.scores) for trial in pruned} == {1}
    assert len(bench.scored) == len(pruned) + 2 * len(complete)
    means = sorted(trial.scores[0].value for trial in complete)
    for trial in pruned:  # none was better than the median of all that went on
        assert trial.scores[0].value < means[len(means) // 2] + 0.02
    kept = rows(
        tmp_path, "count(*), count(distinct trial), count_if(status = 'pruned')"
    )
    assert kept == [(len(bench.scored), len(found.trials), len(pruned))]


def test_a_search_goes_on_and_repeats_nothing(tmp_path: Path) -> None:
    _, first = search(tmp_path, near_40, 8)
    found, second = search(tmp_path, near_40, 14)
    assert len(found.trials) == 14
    assert second.scored
    assert not [one for one in second.scored if one in first.scored]
    again, third = search(tmp_path, near_40, 14)
    assert (again.best, third.scored) == (found.best, [])
    settings = [json.loads(row[0]) for row in rows(tmp_path, "distinct settings")]
    assert len(settings) == 14
    # another space takes over what belongs to it
    space = parse_space(PROJECT, ["als_factors=[32, 64, 96]"])
    other, fourth = search(tmp_path, near_40, 5, space)
    assert {s.get("als_factors", 64) for s, _ in fourth.scored} <= {32, 96}
    assert len(other.trials) == 3


def test_a_small_space_is_tried_whole(tmp_path: Path) -> None:
    space = (
        Choice("decay_days", (30, 60, None)),
        Range("als_iterations", 14, 15, False),
    )
    found, bench = search(tmp_path, lambda settings, fold: len(settings), 100, space)
    tried = {tuple(sorted(trial.settings.items())) for trial in found.trials}
    assert len(tried) == 3 * 2
    assert found.best.settings["als_iterations"] == 14
    assert found.best.settings["decay_days"] != 60
    assert len(bench.scored) <= 12


def test_the_same_seed_tries_the_same(tmp_path: Path) -> None:
    tried = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        found, _ = search(tmp_path / name, near_40, 8)
        tried.append([trial.settings for trial in found.trials])
    assert tried[0] == tried[1]


def test_ctrl_c_keeps_finished_trials(tmp_path: Path) -> None:
    calls = 0

    def interrupted(settings: Mapping[str, Any], fold: int) -> float:
        nonlocal calls
        calls += 1
        if calls == 6:
            raise KeyboardInterrupt
        return near_40(settings, fold)

    with pytest.raises(Interrupted, match="interrupted; 2 trials are kept"):
        search(tmp_path, interrupted, 10)
    assert rows(tmp_path, "count(*), max(trial)") == [(4, 1)]
    found, bench = search(tmp_path, near_40, 10)
    assert len(found.trials) == 10
    assert ({}, 1) not in bench.scored


def test_settings_that_fail_are_told_and_left(tmp_path: Path) -> None:
    def fails(settings: Mapping[str, Any], fold: int) -> float:
        if settings.get("als_factors", 64) > 70:
            raise ModelError("out of memory")
        return near_40(settings, fold)

    found, _ = search(tmp_path, fails, 15)
    failed = [trial for trial in found.trials if trial.status == "failed"]
    assert failed
    assert {trial.problem for trial in failed} == {"out of memory"}
    assert found.best.settings["als_factors"] <= 70
    stored = rows(
        tmp_path, "count(*) filter (status = 'failed' and metric_value is null)"
    )
    assert stored == [(len(failed),)]
    (tmp_path / "other").mkdir()
    with pytest.raises(ModelError, match="out of memory"):  # the project itself
        search(tmp_path / "other", lambda s, f: fails({"als_factors": 99}, f), 5)


def test_no_trial_begins_when_the_time_is_up(tmp_path: Path) -> None:
    lab, bench = lab_on(tmp_path, near_40)
    with open_lab(lab):
        found = run_search(lab, FACTORS, Budget(10, until=0), 42)
    assert bench.scored == [({}, 1), ({}, 2)]
    assert (found.best, found.check) == (found.default, None)


def test_the_recipe_grows_while_it_pays_and_then_looks_around(tmp_path: Path) -> None:
    gains = {32: 0.10, 64: 0.12, 128: 0.13, 256: 0.134, 512: 0.9}

    def figure(settings: Mapping[str, Any], fold: int) -> float:
        value = gains[settings.get("als_factors", 64)]
        value -= abs(settings.get("als_regularization", 0.05) - 0.08) / 10
        return value + (0.01 if settings.get("decay_days") == 90 else 0)

    lab, _ = lab_on(tmp_path, figure)
    told: list[str] = []
    with open_lab(lab):
        found = follow(lab, recipe_of("als"), Budget(12), 42, told.append)
    assert told[0] == "als_factors: 128, as 256 gains only 0.0040"
    best = found.best.settings
    assert (best["als_factors"], best["decay_days"]) == (128, 90)
    assert best["als_regularization"] == pytest.approx(0.08, abs=0.01)
    assert all(t.settings.get("als_factors") != 512 for t in found.trials)


def test_the_recipe_of_neighbours_needs_no_size_and_no_region(tmp_path: Path) -> None:
    def figure(settings: Mapping[str, Any], fold: int) -> float:
        if "knn_user_exponent" not in settings:
            return 0.1
        far = abs(settings["knn_user_exponent"] - 0.9)
        return 0.3 - far / 10 + (settings.get("knn_neighbours") == 500) / 100

    lab, _ = lab_on(tmp_path, figure)
    with open_lab(lab):
        found = follow(lab, recipe_of("neighbours"), Budget(9), 42, lambda _: None)
    best = found.best.settings
    assert best["knn_similarity"] == "exponents"
    assert best["knn_user_exponent"] == pytest.approx(0.9, abs=0.1)
    assert best["knn_neighbours"] == 500


def test_the_recipe_finds_the_decay_of_a_region(tmp_path: Path) -> None:
    """North wants 15 days and south 90, but everyone together does not gain by 90."""
    own = {"north": 15, "south": 90}
    name = "region_decay_days"

    def figure(settings: Mapping[str, Any], fold: int) -> float:
        asked = settings.get("_region")
        hits = [settings.get(f"{name}.{r}") == days for r, days in own.items()]
        if asked in own:
            return float(hits[list(own).index(asked)])
        return 0.5 + 0.1 * hits[0] - 0.1 * hits[1]

    lab, bench = lab_on(tmp_path, figure)
    bench.users = {"north": 400, "south": 300, "west": 199}
    told: list[str] = []
    with open_lab(lab):
        found = follow(lab, recipe_of("als"), Budget(20), 42, told.append)
    assert found.best.settings[f"{name}.north"] == 15
    assert f"{name}.south" not in found.best.settings
    tried = {key for settings, _ in bench.scored for key in settings if "." in key}
    assert tried == {f"{name}.north", f"{name}.south"}
    assert "region_decay_days.south: ndcg@10 of als, region south" in told
    assert to_paste(PROJECT, {f"{name}.north": 15, f"{name}.7": 30}) == (
        "vars:\n  region_decay_days:\n    '7': 30\n    north: 15"
    )
    assert to_paste(PROJECT, {f"{name}.north": None}).endswith("region_decay_days: {}")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("als_factor=1..2", '--space: unknown var "als_factor". Did you mean "als_fac'),
        ("as_of=[a, b]", "--space as_of: no model learns by it; nothing to tune."),
        ("keep_versions=1..5", "--space keep_versions: no model learns by it"),
        ("als_factors", '--space "als_factors": write NAME=LOW..HIGH'),
        ("als_factors=16", '--space als_factors: "16": write NAME=LOW..HIGH'),
        ("als_factors=9..3", '--space als_factors: "9..3": LOW < HIGH must hold.'),
        ("als_factors=0..3:log", '"0..3:log": 0 < LOW < HIGH must hold.'),
        ("als_factors=[[1], [2]]", "a choice is a number, a word or null."),
        ("decay_days=0..30", "--space decay_days: it is a number above 0, in days;"),
        ("event_weights.wish=0..1", 'var event_weights has no entry "wish".'),
        ("knn_similarity=[tfidf, bm52]", 'there is no "bm52". Did you mean "bm25"?'),
    ],
)
def test_a_space_that_cannot_be(text: str, problem: str) -> None:
    with pytest.raises((InputError, ProjectError)) as error:
        parse_space(PROJECT, [text])
    assert problem in str(error.value)
    assert "\n" not in str(error.value)


def test_spaces(tmp_path: Path) -> None:
    file = tmp_path / "space.yml"
    file.write_text("als_factors: 16..256:log\ndecay_days: [30, null]\n")
    given = ["als_regularization=0..1", "event_weights.cart=.1...9", "als_factors=8..9"]
    north = ["region_decay_days.north=7..90"]
    assert parse_space(PROJECT, north) == (Range(north[0].split("=")[0], 7, 90, False),)
    assert parse_space(PROJECT, given, file) == (
        Range("als_factors", 8, 9, False),
        Choice("decay_days", (30, None)),
        Range("als_regularization", 0.0, 1.0, False),
        Range("event_weights.cart", 0.1, 0.9, False),
    )
    pasted = to_paste(PROJECT, {"event_weights.cart": 0.7, "als_factors": 32})
    assert pasted.splitlines()[:5] == [
        "vars:",
        "  als_factors: 32",
        "  event_weights:",
        "    add_to_cart: 0.5",
        "    addtocart: 0.5",
    ]
    assert "    cart: 0.7" in pasted


def test_targets() -> None:
    found = target_of(PROJECT, "als", "new_only", "gini@5")
    assert found == Target("als", "new_only", "gini", 5, is_better_higher=False)
    assert not found.is_per_user
    assert found.label == "gini@5 of als (new_only)"
    small = narrowed(PROJECT, found)
    assert small.vars["candidate_sources"] == ["als"]
    some = target_of(PROJECT, "als", "all", "ndcg", "region=north sea")
    assert some.segment == ("region", "north sea")
    assert some.label == "ndcg@10 of als, region north sea"
    assert narrowed(PROJECT, some).vars["eval_segments"] == ["region"]
    for metric, users in (("ndcg", "north"), ("ndcg", "city=x"), ("gini", "region=x")):
        with pytest.raises(InputError, match="--segment"):
            target_of(PROJECT, "als", "all", metric, users)
    error = target_of(PROJECT, "item_knn", "all", "rmse")
    assert error == Target("rating item_knn", "all", "rmse", 0, is_better_higher=False)
    assert error.label == "rmse of rating item_knn"
    assert narrowed(PROJECT, error).vars["rating_models"] == ["item_knn"]
    with pytest.raises(InputError, match="baseline or item_knn may be --source"):
        narrowed(PROJECT, target_of(PROJECT, "als", "all", "mae"))
    for metric in ("ndgc@10", "ndcg@x", "ndcg@0"):
        with pytest.raises(InputError, match="--metric"):
            target_of(PROJECT, "als", "all", metric)
    for name in ("asl", "surface hom", "all"):
        with pytest.raises(InputError, match="there is no list"):
            narrowed(PROJECT, replace(found, list_name=name))
    with pytest.raises(InputError, match='there is no recipe "sla"'):
        recipe_of("sla")


def test_without_optuna_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(
        InputError, match=r"Run: pip install 'recsql-recommender\[tune\]'"
    ):
        require_optuna()


def test_trials_come_back_as_they_were(tmp_path: Path) -> None:
    lab, _ = lab_on(tmp_path, near_40)
    with open_lab(lab):
        made = [lab.trial({}), lab.trial({"decay_days": None, "als_factors": 64})]
        assert made[1].settings == {"decay_days": None}
    again, _ = lab_on(tmp_path, near_40)
    with open_lab(again):
        known: list[Trial] = again.known
    assert known == made
