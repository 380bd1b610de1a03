"""The first screen of the report, in words: is it good, what changed, what to do.

Figures are those of queries; what is here chooses words, and the colour of a light.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from recsql.config.settings import metric_label
from recsql.report.data import Answers, Part
from recsql.report.people import counted, reach

Row = Mapping[str, Any]
WORDS = {
    "bad": "needs work",
    "look": "worth a look",
    "good": "good",
    "unknown": "not measured",
}
BACKTEST = "recsql backtest --last 28d, then recsql publish"
MOST_ALARMS = 5


@dataclass(frozen=True)
class Light:
    """How a surface does: a status of WORDS, and the sentences that say why."""

    surface: str
    status: str
    sentences: tuple[str, ...]

    @property
    def word(self) -> str:
        """Return the status as a person reads it, who may not see its colour."""
        return WORDS[self.status]


def headline(answers: Answers) -> str:
    """Return the sentence on top: whom the first measured surface reaches."""
    for row in answers.parts["verdicts"].dicts:
        if row["user_count"]:
            return reach(row)
    if answers.parts["surfaces"].missing:  # it needs the build, which is not there
        return "What users are shown."
    users = max(
        (row["user_count"] for row in answers.parts["surfaces"].dicts), default=0
    )
    if not users:
        return "Nobody is shown anything yet."
    return f"What {counted(users, 'user')} {'is' if users == 1 else 'are'} shown."


def lights(answers: Answers) -> list[Light]:
    """Return a light for each surface, in the order of their var."""
    return [_light(answers, s["name"]) for s in answers.project.vars["surfaces"]]


def _light(answers: Answers, surface: str) -> Light:
    said = [
        *_quality(answers, surface),
        *_lengths(answers, surface),
        *_moved(answers, surface),
    ]
    seen = {status for status, _ in said}
    status = next(status for status in WORDS if status in seen)
    return Light(surface, status, tuple(text for _, text in said if text))


def _quality(answers: Answers, surface: str) -> Iterator[tuple[str, str]]:
    """Yield what a backtest found of a surface."""
    verdict = _row(answers, "verdicts", surface)
    if verdict is None:
        has_run = bool(answers.parts["runs"].rows)
        yield "unknown", "Not in the last backtest." if has_run else "No backtest yet."
        return
    metric, difference = verdict["metric"], verdict["difference"]
    if verdict["user_count"]:
        said = reach(verdict)
        yield "good", said if said != headline(answers) else ""
    if verdict["plain_value"] is None:
        yield (
            "look",
            "No plain bestseller list was measured beside it: add popular to var "
            "candidate_sources.",
        )
    elif verdict["is_clear"] is None or difference is None:
        text = "Whether that is chance was not tested: set var eval_compared_metrics."
        yield "look", text
    elif verdict["is_clear"]:
        status, word = ("good", "better") if difference > 0 else ("bad", "worse")
        text = (
            f"Clearly {word} than bestsellers: {metric} {verdict['metric_value']:.4f} "
        )
        yield status, f"{text}instead of {verdict['plain_value']:.4f}, not by chance."
    else:
        yield "look", f"Not clearly better than bestsellers by {metric}."
    suggestion = _row(answers, "suggestions", surface)
    if suggestion and suggestion["is_clear"]:
        yield "look", "Another first source is clearly better: see what to do."


def _lengths(answers: Answers, surface: str) -> Iterator[tuple[str, str]]:
    """Yield how many lists are shorter than they should be."""
    row = _row(answers, "short", surface)
    if row is None:
        return
    if row["empty_count"]:
        whose = counted(row["empty_count"], "user")
        yield "bad", f"{whose} {_have(row['empty_count'])} no list."
    short = row["short_count"] - row["empty_count"]
    if short:
        yield (
            "look",
            f"{counted(short, 'user')} {_have(short)} a list that is not full.",
        )


def _moved(answers: Answers, surface: str) -> Iterator[tuple[str, str]]:
    """Yield whether its lists moved more than limits allow in the latest refresh."""
    for row in answers.parts.get("drift", Part()).dicts:
        is_own = (row["measure"], row["part"]) == ("list overlap", surface)
        if is_own and row["refreshes_ago"] == 0 and row["status"] != "ok":
            status = "bad" if row["status"] == "fail" else "look"
            limit = f"var drift_{row['status']}"
            yield status, f"Its lists changed more than {limit} says is usual."


def changes(answers: Answers) -> Iterator[str]:
    """Say what is not as it was in the version before, and in the backtest before."""
    if answers.before is None:
        yield "No earlier version is kept, so there is nothing to compare with."
    else:
        before = f"Since version {answers.before['version']} "
        before += f"({str(answers.before['published_at'])[:16]} UTC)"
        parts = answers.parts
        said = [
            *_lists_changed(parts["diff_surfaces"].dicts),
            *_items_changed(parts["diff_items"].dicts),
        ]
        yield f"{before}: {'; '.join(said) or 'no list changed'}."
    yield from _quality_changed(answers)


def _lists_changed(rows: list[dict[str, Any]]) -> Iterator[str]:
    for row in rows:
        said = []
        if row["changed_users"]:
            of = f"{row['changed_users']:,} of {counted(row['users'], 'user')}"
            verb = _have(row["changed_users"])
            alike = f"{_percent(row['overlap'])} alike on average"
            said.append(f"{of} {verb} another list, {alike}")
        if row["new_users"]:
            said.append(f"{counted(row['new_users'], 'user')} came")
        if row["lost_users"]:
            said.append(f"{counted(row['lost_users'], 'user')} left")
        if said:
            yield f"{row['surface']}: {', '.join(said)}"


def _items_changed(rows: list[dict[str, Any]]) -> Iterator[str]:
    counts = {row["what"]: row["of_items"] for row in rows}
    if new := counts.get("new"):
        yield f"{counted(new, 'item')} came into lists"
    if vanished := counts.get("vanished"):
        yield f"{counted(vanished, 'item')} {_are(vanished)} in none any more"


def _quality_changed(answers: Answers) -> Iterator[str]:
    """Say how surfaces did in the last backtest against the one before."""
    runs = [row["run_id"] for row in answers.parts["runs"].dicts][:2]
    own = {
        (row["list_name"], row["metric"]): row
        for row in answers.parts["run_pairs"].dicts
        if [row["second_run_id"], row["first_run_id"]] == runs
    }
    for verdict in answers.parts["verdicts"].dicts:
        surface, metric = verdict["surface"], verdict["metric"]
        row = own.get((f"surface {surface}", metric))
        if row:
            yield (
                f"By the last two backtests, {surface} went from "
                f"{row['first_run']:.4f} to {row['second_run']:.4f} by {metric}: "
                f"{row['verdict'] or 'no interval says whether that is chance'}."
            )


def to_do(answers: Answers) -> Iterator[str]:
    """Say what follows: what a refresh noticed, and the advice of the last backtest."""
    alarms = [row["problem"] for row in answers.parts["alarms"].dicts]
    for problem in alarms[:MOST_ALARMS]:
        yield f"Look at this: {problem}."
    if more := len(alarms[MOST_ALARMS:]):
        yield f"Table mon_alarms has {counted(more, 'more thing')} to look at."
    surfaces = [surface["name"] for surface in answers.project.vars["surfaces"]]
    suggestions = [_row(answers, "suggestions", name) for name in surfaces]
    found = [row for row in suggestions if row]
    for row in found:
        yield _advice(row)
    if not answers.parts["runs"].rows:
        yield f"Find out how good the lists are: {BACKTEST}."
    elif not found:
        yield "The last backtest measured no alternative, so it advises nothing."


def _advice(row: Row) -> str:
    surface, others = row["surface"], row["alternatives"]
    if not row["is_clear"]:
        what = "the one alternative that was measured is not clearly better"
        if others > 1:
            what = f"none of {others:,} alternatives is clearly better"
        return f"Leave {surface} as it is: {what}."
    since = "for everybody"
    if row["min_orders"] > 1:
        since = f"from {row['min_orders']} orders on"
    metric = metric_label(row["metric"], row["k"])
    return (
        f"Change {surface}: show {row['list_name']} first {since}. It gains "
        f"{row['gain']:+.4f} {metric} on {row['surface_value']:.4f} (at least "
        f"{row['low']:+.4f}). What to paste stands under Quality."
    )


def _percent(share: float) -> str:
    """Return a share that is not all as less than all.

    >>> _percent(0.5), _percent(0.9996)
    ('50 %', '99.9 %')
    """
    percent = 100 * share
    return f"{percent:.0f} %" if percent < 99 else f"{min(percent, 99.9):.1f} %"


def _row(answers: Answers, part: str, surface: str) -> Row | None:
    rows = answers.parts[part].dicts
    return next((row for row in rows if row["surface"] == surface), None)


def _have(number: int) -> str:
    return "has" if number == 1 else "have"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"
