"""What the report says of a backtest in words: what was measured, and what leads."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from recsql.evaluation.results import kinds_in_order
from recsql.report.data import Answers
from recsql.report.people import counted

KINDS = {
    "all": "all items",
    "new_only": "items new to the user",
    "repeat_only": "items taken before",
}
HELD_OUT = {
    "last_n": "each user's last moments with events",
    "random": "a random part of each user's items",
    "users": "the items not given of some users",
    "column": "the rows that events.is_test marks",
}
TRUTHS = {
    "all": "all that they took then",
    "listable": "of what they took then, only what a list could hold",
}


def kinds_of(answers: Answers) -> dict[str, str]:
    """Return the kinds of items by name, all of them last where nothing repeats."""
    runs = answers.parts["runs"].dicts
    share = runs[0]["repeat_share"] if runs else 1.0
    return {kind: KINDS[kind] for kind in kinds_in_order(share)}


def measured(answers: Answers) -> str:
    """Say what the last backtest held out, of whom, and what counted as right."""
    runs = answers.parts["runs"].dicts
    if not runs:
        return ""
    run = runs[0]
    users, days = f"{run['test_user_count']:,} users", run["holdout_days"]
    if run["split"] == "time":
        text = f"This one was trained before {run['last_as_of']:%Y-%m-%d %H:%M} and "
        text += f"scored {users} on the {days} days that followed"
    else:
        text = f"This one held out {HELD_OUT[run['split']]} and scored {users} on them"
    if run["fold_count"] > 1:
        text += f", the users of {run['fold_count']} folds together"
    truth = run["truth"]
    return f"{text}. What counts as right: {TRUTHS[truth]} (eval_truth: {truth})."


def findings(answers: Answers) -> Iterator[str]:
    """Say which list leads, and what is not clearly worse."""
    names = kinds_of(answers)
    order = list(names)
    rows = sorted(
        answers.parts["leaders"].dicts, key=lambda row: order.index(row["allow_repeat"])
    )
    for (kind, metric), pairs in groupby(
        rows, lambda row: (row["allow_repeat"], row["metric"])
    ):
        others = list(pairs)
        unclear = [
            f"{row['other_list_name']} ({_more(row['more_users'])})"
            for row in others
            if not row["is_significant"]
        ]
        text = f"Of {names[kind]}, {others[0]['list_name']} leads by {metric}"
        if unclear:
            text += f", but is not clearly better than {', '.join(unclear)}"
        elif len(others) == 1:
            text += (
                f"; it is better than {others[0]['other_list_name']}, and not by chance"
            )
        else:
            text += f"; it is better than all {len(others)} others, and not by chance"
        yield text + "."


def thresholds(answers: Answers) -> Iterator[str]:
    """Say from which order on a surface's first source beats its first fallback."""
    for row in answers.parts["thresholds"].dicts:
        least = row["min_orders"]
        when = f"from {least} orders on" if least else "for nobody: keep the fallback"
        yield (
            f"Surface {row['surface']}, by {row['metric']}: {row['list_name']} instead "
            f"of {row['other_list_name']} {when}."
        )


def _more(users: int | None) -> str:
    if users is None:
        return "they are equal"
    if users == 0:
        return "by the mean it is, by ranks it is not"
    if users >= 1_000_000:
        return "over a million more users would have to be scored to say so"
    return f"about {counted(users, 'more user')} would have to be scored to say so"
