"""The report's first screen in words, from rows as its queries give them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsql.report.data import Part
from recsql.report.people import people, reach
from recsql.report.summary import changes, headline, lights, to_do

VERDICT: dict[str, Any] = {
    "surface": "home",
    "allow_repeat": "all",
    "k": 10,
    "user_count": 2009,
    "hit_share": 0.8039,
    "plain_hit_share": 0.6411,
    "metric": "ndcg@10",
    "metric_value": 0.4016,
    "plain_value": 0.1691,
    "difference": 0.2325,
    "is_clear": True,
}
RUNS = [{"run_id": "b"}, {"run_id": "a"}]
SUGGESTION: dict[str, Any] = {
    "surface": "home",
    "metric": "ndcg",
    "k": 10,
    "list_name": "als",
    "min_orders": 3,
    "surface_value": 0.4,
    "gain": 0.02,
    "low": 0.005,
    "is_clear": True,
    "alternatives": 72,
}
PAIR = {
    "first_run_id": "a",
    "second_run_id": "b",
    "list_name": "surface home",
    "metric": "ndcg@10",
    "first_run": 0.4,
    "second_run": 0.4016,
    "verdict": "could be chance",
}
MOVED = {
    "surface": "home",
    "users": 2469,
    "changed_users": 1,
    "new_users": 2,
    "lost_users": 1,
    "overlap": 0.9996,
}
PARTS = (
    *("verdicts", "surfaces", "suggestions", "short", "drift", "alarms", "runs"),
    *("run_pairs", "diff_surfaces", "diff_items"),
)


def answers(before: dict[str, Any] | None = None, **rows: list[dict[str, Any]]) -> Any:
    """What queries gave, for one surface called home."""

    def part(found: list[dict[str, Any]]) -> Part:
        columns = tuple(found[0]) if found else ()
        return Part(columns, tuple(tuple(row.values()) for row in found))

    return SimpleNamespace(
        parts={name: part(rows.get(name, [])) for name in PARTS},
        before=before,
        project=SimpleNamespace(vars={"surfaces": [{"name": "home"}]}),
    )


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {},
            "8 of 10 users later took something that home puts first for them; "
            "a plain bestseller list reaches 6.",
        ),
        (
            {
                "hit_share": 0.2997,
                "plain_hit_share": 0.2462,
                "allow_repeat": "new_only",
            },
            "30 of 100 users later took something new to them that home puts first for "
            "them; a plain bestseller list reaches 25.",
        ),
        (
            {"plain_hit_share": 0.8039},
            "8 of 10 users later took something that home puts first for them; "
            "a plain bestseller list reaches as many.",
        ),
        (
            {"plain_hit_share": None, "allow_repeat": "repeat_only"},
            "8 of 10 users later took something again that home puts first for them.",
        ),
        (
            {"hit_share": 1.0, "plain_hit_share": 0.0},
            "All 2,009 users later took something that home puts first for them; "
            "a plain bestseller list reaches nobody.",
        ),
        (
            {"hit_share": 0.0, "plain_hit_share": 0.0},
            "None of 2,009 users later took anything that home puts first for them; "
            "a plain bestseller list reaches nobody, either.",
        ),
        (
            {"hit_share": 0.5, "plain_hit_share": 1.0, "user_count": 2},
            "1 of 2 users later took something that home puts first for them; "
            "a plain bestseller list reaches all of them.",
        ),
        (
            {"hit_share": 1.0, "plain_hit_share": 0.0, "user_count": 1},
            "The one user who was scored later took something that home puts first for "
            "them; a plain bestseller list does not.",
        ),
        (
            {"hit_share": 0.0, "plain_hit_share": 0.0, "user_count": 1},
            "The one user who was scored did not take anything that home puts first "
            "for them; a plain bestseller list does not reach them, either.",
        ),
    ],
)
def test_whom_a_surface_reaches(changed: dict[str, Any], said: str) -> None:
    assert reach({**VERDICT, **changed}) == said


@given(
    st.integers(1, 5000).flatmap(
        lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(0, n))
    )
)
def test_people_say_what_shares_say(drawn: tuple[int, int, int]) -> None:
    users, hits, plain = drawn
    base, (ours, theirs) = people([hits / users, plain / users], users)
    assert (ours > theirs, ours < theirs) == (hits > plain, hits < plain)
    assert (ours == 0, ours == base) == (hits == 0, hits == users)
    assert abs(ours / base - hits / users) <= 0.5 / base + 1e-9


@pytest.mark.parametrize(
    ("given_rows", "status", "words"),
    [
        ({"verdicts": [VERDICT], "runs": RUNS}, "good", "Clearly better"),
        (
            {"verdicts": [{**VERDICT, "difference": -0.1}], "runs": RUNS},
            "bad",
            "Clearly worse than bestsellers",
        ),
        (
            {"verdicts": [{**VERDICT, "is_clear": False}], "runs": RUNS},
            "look",
            "Not clearly better",
        ),
        (
            {"verdicts": [{**VERDICT, "plain_value": None}], "runs": RUNS},
            "look",
            "add popular to var candidate_sources",
        ),
        ({"runs": RUNS}, "unknown", "Not in the last backtest."),
        ({}, "unknown", "No backtest yet."),
        (
            {"verdicts": [VERDICT], "suggestions": [SUGGESTION]},
            "look",
            "see what to do",
        ),
        (
            {
                "verdicts": [VERDICT],
                "short": [{"surface": "home", "short_count": 3, "empty_count": 1}],
            },
            "bad",
            "1 user has no list. 2 users have a list that is not full.",
        ),
        (
            {
                "verdicts": [VERDICT],
                "drift": [
                    {
                        "measure": "list overlap",
                        "part": "home",
                        "refreshes_ago": 0,
                        "status": "warn",
                    }
                ],
            },
            "look",
            "drift_warn",
        ),
    ],
)
def test_the_light_of_a_surface(
    given_rows: dict[str, Any], status: str, words: str
) -> None:
    (light,) = lights(answers(**given_rows))
    assert (light.surface, light.status) == ("home", status)
    assert words in " ".join(light.sentences)


def test_the_headline_is_of_what_is_there() -> None:
    unmeasured = {**VERDICT, "hit_share": None, "user_count": None}
    assert headline(answers()) == "Nobody is shown anything yet."
    unread = answers()
    unread.parts["surfaces"] = Part(missing=("int_items",))
    assert headline(unread) == "What users are shown."
    one = [{"user_count": 1}]
    assert headline(answers(surfaces=one)) == "What 1 user is shown."
    two = {"surfaces": [{"user_count": 2}], "verdicts": [unmeasured]}
    assert headline(answers(**two)) == "What 2 users are shown."
    assert headline(answers(verdicts=[unmeasured, VERDICT])).startswith("8 of 10")


def test_what_changed() -> None:
    before = {"version": 3, "published_at": "2026-11-29 11:20:31"}
    assert list(changes(answers())) == [
        "No earlier version is kept, so there is nothing to compare with."
    ]
    still = {**MOVED, "changed_users": 0, "new_users": 0, "lost_users": 0}
    assert list(changes(answers(before, diff_surfaces=[still]))) == [
        "Since version 3 (2026-11-29 11:20 UTC): no list changed."
    ]
    items = [{"what": "new", "of_items": 1}, {"what": "vanished", "of_items": 2}]
    rows = {"diff_surfaces": [MOVED], "diff_items": items, "runs": RUNS}
    told = list(changes(answers(before, **rows, run_pairs=[PAIR], verdicts=[VERDICT])))
    assert told == [
        "Since version 3 (2026-11-29 11:20 UTC): home: 1 of 2,469 users has another "
        "list, 99.9 % alike on average, 2 users came, 1 user left; 1 item came into "
        "lists; 2 items are in none any more.",
        "By the last two backtests, home went from 0.4000 to 0.4016 by ndcg@10: could "
        "be chance.",
    ]


def test_what_to_do() -> None:
    assert list(to_do(answers())) == [
        "Find out how good the lists are: recsql backtest --last 28d, then recsql "
        "publish."
    ]
    assert "measured no alternative" in " ".join(to_do(answers(runs=RUNS)))
    alarms = [{"problem": f"problem {n}"} for n in range(6)]
    told = list(to_do(answers(runs=RUNS, suggestions=[SUGGESTION], alarms=alarms)))
    assert told[4:] == [
        "Look at this: problem 4.",
        "Table mon_alarms has 1 more thing to look at.",
        "Change home: show als first from 3 orders on. It gains +0.0200 ndcg@10 on "
        "0.4000 (at least +0.0050). What to paste stands under Quality.",
    ]
    for number, what in ((1, "the one alternative"), (72, "none of 72 alternatives")):
        unclear = {**SUGGESTION, "is_clear": False, "alternatives": number}
        (said,) = to_do(answers(runs=RUNS, suggestions=[unclear]))
        assert said.startswith(f"Leave home as it is: {what}")
