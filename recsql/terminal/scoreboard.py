"""What a backtest prints: one line per list, and what follows from the figures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from statistics import mean
from typing import Any

from recsql.config.project import Project
from recsql.config.settings import metric_label, rising_metrics
from recsql.evaluation.backtest import Backtest, Comparison, Figure
from recsql.terminal.console import Console

SHOWN = ("hit_rate", "map", "mrr", "ndcg", "precision", "recall")
WIDEST = 8


def print_backtests(
    console: Console, project: Project, found: Sequence[Backtest]
) -> None:
    """Print the lists of all folds, then what can and cannot be told apart."""
    print_figures(console, found)
    last = found[-1]
    _print_ratings(console, found)
    _print_policies(console, last)
    console.line()
    for line in _rankers(found):
        console.line(line)
    rising = rising_metrics(project)
    for line in (*_leaders(last, rising), *_recalls(last), *_thresholds(project, last)):
        console.line(line)
    console.line(
        f"run {found[-1].run_id}: kept in eval_runs, eval_summary and eval_comparisons"
    )


def print_figures(console: Console, found: Sequence[Backtest]) -> None:
    """Print one line per list, one column per metric; of several folds the means."""
    figures = [figure for fold in found for figure in fold.figures]
    columns = _columns([figure for figure in figures if figure.k])
    lines: dict[tuple[str, str], dict[str, list[Figure]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for fold in found:
        for f in fold.figures:
            lines[f.allow_repeat, f.list_name][metric_label(f.metric, f.k)].append(f)
    console.line()
    console.table(
        ("items", "list", "users", *columns),
        [
            (
                *key,
                max(sum(f.users for f in line[column]) for column in columns),
                *(_mean(line[column]) for column in columns),
            )
            for key, line in sorted(lines.items())
            if any(line[column] for column in columns)
        ],
        _title(found),
    )


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


def _title(found: Sequence[Backtest]) -> str:
    first, last = found[0], found[-1]
    if len(found) == 1:
        return (
            f"Backtest: trained before {first.as_of}, scored on what followed until "
            f"{first.until}"
        )
    return (
        f"Backtest, mean of {len(found)} folds: trained before {first.as_of} to "
        f"{last.as_of}, scored on what followed until {last.until}"
    )


def _print_ratings(console: Console, found: Sequence[Backtest]) -> None:
    """Print the errors of predicted ratings, where there are any."""
    lines: dict[tuple[str, str], list[Figure]] = defaultdict(list)
    for fold in found:
        for figure in fold.figures:
            if not figure.k:
                lines[figure.list_name, figure.metric].append(figure)
    if not lines:
        return
    console.line()
    console.table(
        ("ratings by", "metric", "users", "error", "low", "high"),
        [
            (
                name.removeprefix("rating "),
                metric,
                sum(f.users for f in figures),
                _mean(figures),
                *(round(mean(ends), 4) for ends in _ends(figures)),
            )
            for (name, metric), figures in sorted(lines.items())
        ],
        "Errors of predicted ratings, over all pairs rated in the holdout",
    )


def _ends(figures: Sequence[Figure]) -> Iterator[list[float]]:
    """Yield the lower, then the upper ends of the intervals."""
    yield [f.low for f in figures if f.low is not None]
    yield [f.high for f in figures if f.high is not None]


def _columns(figures: Sequence[Figure]) -> list[str]:
    """Return what fits on a screen: the usual metrics, if need be at one k."""
    metrics = sorted({f.metric for f in figures})
    usual = [metric for metric in metrics if metric in SHOWN] or metrics[:WIDEST]
    cutoffs = sorted({f.k for f in figures})
    if len(usual) * len(cutoffs) > WIDEST:
        cutoffs = cutoffs[-1:]
    return [f"{metric}@{k}" for metric in usual for k in cutoffs]


def _mean(figures: Sequence[Figure]) -> float | None:
    return round(mean(f.value for f in figures), 4) if figures else None


def _leaders(fold: Backtest, rising: Collection[str]) -> Iterator[str]:
    """Say of each kind of items which list leads, and what is not clearly worse."""
    least: dict[str, int] = {}  # each compared metric is told of at its smallest k
    for c in fold.comparisons:
        least[c.metric] = min(c.k, least.get(c.metric, c.k))
    kinds: dict[tuple[str, str], list[Comparison]] = defaultdict(list)
    for c in fold.comparisons:
        if c.k == least[c.metric]:
            kinds[c.metric, c.allow_repeat].append(c)
    for (metric, kind), pairs in sorted(kinds.items()):
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
    for kind, recall in fold.candidate_recall.items():
        if kind != "repeat_only":
            yield (
                f"{kind}: the candidates hold {recall:.1%} of what was taken; "
                f"candidates_per_user loses the other {1 - recall:.1%}"
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
            f"(personal_min_orders is {project.vars['personal_min_orders']})"
        )


def _first(surface: Mapping[str, Any], part: str) -> str:
    return next(iter(surface.get(part) or ()), "")
