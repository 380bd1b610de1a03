"""What a backtest prints: one line per list, and what follows from the figures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from recsql.config.project import Project
from recsql.config.settings import metric_label, rising_metrics
from recsql.evaluation.results import (
    Backtest,
    Comparison,
    Figure,
    Run,
    kinds_in_order,
)
from recsql.terminal.advice import advice, unlistable
from recsql.terminal.console import Console

SHOWN = ("hit_rate", "map", "mrr", "ndcg", "precision", "recall")
WIDEST = 8
HELD_OUT = {
    "last_n": "each user's last {eval_last_n} moments with events",
    "random": "a random {eval_split_share} of each user's items",
    "users": "the items not given of {eval_split_share} of the users",
    "column": "the rows that events.is_test marks",
}


def print_backtests(console: Console, project: Project, run: Run) -> None:
    """Print the lists, what can and cannot be told apart, and what to do.

    All of it is of the users of all folds together.
    """
    whole = run.whole
    print_figures(console, project, run)
    _print_ratings(console, whole)
    _print_policies(console, whole)
    console.line()
    for line in _rankers(run.folds):
        console.line(line)
    rising = rising_metrics(project)
    said = (*_leaders(whole, rising), *_recalls(whole), *_thresholds(project, whole))
    for line in said:
        console.line(line)
    if whole.suggestions:
        console.line()
        console.line("What to do:")
        for line in advice(project, whole.suggestions):
            console.line(line)
    console.line(
        f"run {whole.run_id}: kept in eval_runs, eval_summary and eval_comparisons"
    )


def print_figures(console: Console, project: Project, run: Run) -> None:
    """Print one line per list, one column per metric."""
    whole = run.whole
    columns = _columns([figure for figure in whole.figures if figure.k])
    lines: dict[tuple[str, str], dict[str, Figure]] = defaultdict(dict)
    for f in whole.figures:
        lines[f.allow_repeat, f.list_name][metric_label(f.metric, f.k)] = f
    console.line()
    console.table(
        ("items", "list", "users", *columns),
        [
            (
                *key,
                max(line[column].users for column in columns if column in line),
                *(_rounded(line.get(column)) for column in columns),
            )
            for key, line in sorted(
                lines.items(), key=lambda entry: (_place(entry[0][0], whole), entry[0])
            )
            if any(column in line for column in columns)
        ],
        _title(project, run),
    )


def _place(kind: str, found: Backtest) -> int:
    """Return where a kind of items comes: all of them last where nothing repeats."""
    return kinds_in_order(found.truth.repeat_share).index(kind)


def _print_policies(console: Console, fold: Backtest) -> None:
    """Print what lists would have earned, where exposures were logged with chances."""
    if not fold.policies:
        return
    console.line()
    deepest = max(policy.k for policy in fold.policies)
    shown = fold.policies[0].shown_value
    console.table(
        ("items", "list", "clicks", "low", "high", "effective exposures"),
        [
            (p.allow_repeat, p.list_name, p.value, p.low, p.high, p.effective_count)
            for p in fold.policies
            if p.k == deepest
        ],
        f"Clicks per exposure by the first {deepest} places, estimated from logged "
        f"exposures (SNIPS); what was shown had {shown:.4g}",
    )


def _title(project: Project, run: Run) -> str:
    """Say what was held out, by var eval_split, and what counts as right."""
    first, last = run.folds[0], run.folds[-1]
    given = project.vars
    together = ""
    if len(run.folds) > 1:
        together = f", the users of {len(run.folds)} folds together"
    if given["eval_split"] == "time":
        since = first.as_of if first is last else f"{first.as_of} to {last.as_of}"
        said = f"trained before {since}, scored on what followed until {last.until}"
    else:
        held = HELD_OUT[given["eval_split"]].format(**given)
        said = f"scored on {held}, trained on the rest (eval_split: "
        said += f"{given['eval_split']})"
    if last.truth.kind != "all":
        said += ", of it only what a list could hold (eval_truth: listable)"
    return f"Backtest{together}: {said}"


def _print_ratings(console: Console, found: Backtest) -> None:
    """Print the errors of predicted ratings, where there are any."""
    figures = [figure for figure in found.figures if not figure.k]
    if not figures:
        return
    console.line()
    console.table(
        ("ratings by", "metric", "users", "error", "low", "high"),
        [
            (
                figure.list_name.removeprefix("rating "),
                figure.metric,
                figure.users,
                *(
                    None if end is None else round(end, 4)
                    for end in (figure.value, figure.low, figure.high)
                ),
            )
            for figure in sorted(figures, key=lambda f: (f.list_name, f.metric))
        ],
        "Errors of predicted ratings, over all pairs rated in the holdout",
    )


def _columns(figures: Sequence[Figure]) -> list[str]:
    """Return what fits on a screen: the usual metrics, if need be at one k."""
    metrics = sorted({f.metric for f in figures})
    usual = [metric for metric in metrics if metric in SHOWN] or metrics[:WIDEST]
    cutoffs = sorted({f.k for f in figures})
    if len(usual) * len(cutoffs) > WIDEST:
        cutoffs = cutoffs[-1:]
    return [f"{metric}@{k}" for metric in usual for k in cutoffs]


def _rounded(figure: Figure | None) -> float | None:
    return round(figure.value, 4) if figure else None


def _leaders(fold: Backtest, rising: Collection[str]) -> Iterator[str]:
    """Say of each kind of items which list leads, and what is not clearly worse."""
    least: dict[str, int] = {}  # each compared metric is told of at its smallest k
    for c in fold.comparisons:
        least[c.metric] = min(c.k, least.get(c.metric, c.k))
    kinds: dict[tuple[str, str], list[Comparison]] = defaultdict(list)
    for c in fold.comparisons:
        if c.k == least[c.metric]:
            kinds[c.metric, c.allow_repeat].append(c)
    order = sorted(kinds.items(), key=lambda e: (e[0][0], _place(e[0][1], fold)))
    for (metric, kind), pairs in order:
        values = {
            f.list_name: f.value
            for f in fold.figures
            if (f.allow_repeat, f.metric, f.k) == (kind, metric, least[metric])
        }
        names = {name for c in pairs for name in (c.list_name, c.other_list_name)}
        choose = max if metric in rising else min
        best = choose(sorted(names), key=lambda name: values[name])
        text = f"{kind}: {best} leads by {metric_label(metric, least[metric])}"
        unclear = sorted(
            (c.more_users or 0, _other(c, best), _users(c.more_users))
            for c in pairs
            if _is_unclear(c, best)
        )
        if unclear:
            worse = ", ".join(f"{name} ({users})" for _, name, users in unclear)
            text += f"; not clearly worse, and how many more users would tell: {worse}"
        yield text


def _rankers(found: Sequence[Backtest]) -> Iterator[str]:
    """Say which ranker ordered the lists of each fold, and what training it took."""
    for ranker in (fold.ranker for fold in found if fold.ranker):
        taken = ranker.seconds
        how = "stored" if taken is None else f"trained for it in {taken:.0f} s"
        yield (
            f"fold as of {ranker.as_of}: ranker that learned until "
            f"{ranker.learned_until}, {how}"
        )


def _recalls(fold: Backtest) -> Iterator[str]:
    """Say how much of what was taken the candidates hold, which no order can add to."""
    if line := unlistable(fold.truth.unlistable):
        yield line
    for recall in sorted(fold.recalls, key=lambda r: _place(r.allow_repeat, fold)):
        if recall.allow_repeat != "repeat_only":
            lost = max(1 - recall.found - recall.unlistable, 0)
            yield (
                f"{recall.allow_repeat}: the candidates hold {recall.found:.1%} of "
                f"what a user took; no list could hold {recall.unlistable:.1%}, and "
                f"candidates_per_user loses the other {lost:.1%}"
            )


def _users(count: int | None) -> str:
    """Say how many more users would tell two lists apart.

    >>> _users(None), _users(1200)
    ('they are equal', 'about 1,200')
    """
    if count is None:
        return "they are equal"
    if count == 0:
        return "means would tell, ranks do not"
    return f"about {count:,}" if count < 1e6 else "over a million"


def _is_unclear(pair: Comparison, best: str) -> bool:
    return best in (pair.list_name, pair.other_list_name) and not pair.is_significant


def _other(pair: Comparison, name: str) -> str:
    return pair.other_list_name if pair.list_name == name else pair.list_name


def _thresholds(project: Project, fold: Backtest) -> Iterator[str]:
    """Propose personal_min_orders: where a surface's first source wins."""
    found = {
        (t.allow_repeat, t.list_name, t.other_list_name): t for t in fold.thresholds
    }
    for surface in project.vars["surfaces"]:
        names = _first(surface, "personal"), _first(surface, "fallback")
        threshold = found.get((surface["allow_repeat"], *names))
        if threshold is None:
            continue
        if threshold.min_orders is None:
            proposal = "never: its fallback is better for everyone"
        else:
            proposal = f"from {threshold.min_orders} orders on"
        yield (
            f"surface {surface['name']}: {names[0]} instead of {names[1]} {proposal} "
            f"(personal_min_orders is {_orders_of(project, surface)})"
        )


def _orders_of(project: Project, surface: Mapping[str, Any]) -> str:
    own = surface.get("min_orders")
    return str(project.vars["personal_min_orders"] if own is None else own)


def _first(surface: Mapping[str, Any], part: str) -> str:
    return next(iter(surface.get(part) or ()), "")
