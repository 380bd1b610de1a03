"""The command `recsql tune`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from recsql.cli.options import open_console, open_to_work, parse_duration, work_options
from recsql.errors import InputError

if TYPE_CHECKING:
    from recsql.config.project import Project
    from recsql.terminal.console import Console
    from recsql.tuning.moments import Check
    from recsql.tuning.search import Found
    from recsql.tuning.targets import Target
    from recsql.tuning.trials import Lab, Trial

SHOWN = 10
PASTE = "To have it, in dbt_project.yml:"
ANYWAY = "To try it all the same, in dbt_project.yml:"


@click.command("tune", short_help="Search for better settings.")
@click.option("--source", metavar="SOURCE", help="Tune a source's list, e.g. als.")
@click.option("--surface", metavar="NAME", help="Or the lists of a surface.")
@click.option(
    "--space",
    "spaces",
    multiple=True,
    metavar="NAME=VALUES",
    help='NAME=LOW..HIGH, NAME=LOW..HIGH:log or "NAME=[a, b]".',
)
@click.option(
    "--space-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The same as YAML, one per line.",
)
@click.option(
    "--recipe", metavar="NAME", help="A ready-made search: als, neighbours, blend."
)
@click.option(
    "--metric", metavar="METRIC@K", help="The metric to improve.  [default: ndcg@10]"
)
@click.option(
    "--items",
    type=click.Choice(["all", "new_only", "repeat_only"]),
    help="Only these items count.  [default: all, or as the surface]",
)
@click.option(
    "--segment", metavar="KIND=NAME", help="Only these users count, e.g. region=north."
)
@click.option("--trials", type=click.IntRange(1), default=30, show_default=True)
@click.option("--timeout", metavar="TIME", help="Start no trial after: 90s, 30m, 2h.")
@click.option("--folds", type=click.IntRange(1, 60), default=2, show_default=True)
@click.option("--every", default="28d", show_default=True, help="Time between folds.")
@click.option("--last", default="28d", show_default=True, help="Each fold's holdout.")
@click.option("--seed", type=int, default=42, show_default=True)
@work_options
def tune(
    spaces: tuple[str, ...],
    space_file: Path | None,
    recipe: str | None,
    trials: int,
    timeout: str | None,
    seed: int,
    **given: Any,
) -> None:
    """Try settings as of past moments, and check the best as of one more moment.

    Trials are kept in the warehouse: the same command continues where it stopped, up to
    --trials in all, and repeats no trial. Trial 0 is the project as it is.
    """
    from recsql.tuning import recipes
    from recsql.tuning import search as tuning
    from recsql.tuning.space import parse_space

    ready = recipes.recipe_of(recipe) if recipe else None
    if bool(ready) == bool(spaces or space_file):
        raise InputError(
            "tune: say what to try, by --space, --space-file or --recipe NAME "
            "(which brings its own space)."
        )
    tuning.require_optuna()
    until = time.monotonic() + parse_duration(timeout) if timeout else float("inf")
    budget = tuning.Budget(trials, until)
    console = open_console()
    named = ("folder", "vars_text", "memory_limit", "target")
    project = open_to_work(**{name: given.pop(name) for name in named})
    space = parse_space(project, spaces, space_file)
    lab = _lab(project, console, ready, given)
    with tuning.open_lab(lab):
        _announce(console, lab)
        if ready:
            found = recipes.follow(lab, ready, budget, seed, console.line)
        else:
            found = tuning.run_search(lab, space, budget, seed)
    _report(console, project, lab.bench.target, found)


def _lab(project: Project, console: Console, ready: Any, given: dict[str, Any]) -> Lab:
    from recsql.evaluation.backtest import Folds, parse_days
    from recsql.tuning.moments import Bench
    from recsql.tuning.targets import narrowed
    from recsql.tuning.trials import Lab

    target = _target(project, ready, given)
    folds = Folds(
        parse_days(given["last"]),
        count=given["folds"],
        every=parse_days(given["every"], "--every"),
    )
    bench = Bench(
        narrowed(project, target),
        target,
        folds,
        given["threads"] or project.profile.threads,
        console.problem_event,
    )
    return Lab(project, bench, lambda trial: _progress(console, trial))


def _target(project: Project, ready: Any, given: dict[str, Any]) -> Target:
    from recsql.tuning.targets import target_of

    source, surface = given["source"] or (ready and ready.source), given["surface"]
    if (source is None) == (surface is None):
        raise InputError("tune: say which list, by --source als or --surface home.")
    if ready and ready.source is None and surface is None:
        raise InputError(
            "tune: --recipe blend is of a surface: name one, --surface home."
        )
    items = given["items"] or "all"
    if surface is not None:
        known = {entry["name"]: entry for entry in project.vars["surfaces"]}
        items = given["items"] or known.get(surface, {}).get("allow_repeat", "all")
    metric = given["metric"] or (ready.metric if ready else "ndcg@10")
    name = source or f"surface {surface}"
    return target_of(project, name, items, metric, given["segment"] or "")


def _announce(console: Console, lab: Lab) -> None:
    bench = lab.bench
    moments = ", ".join(f"{moment.as_of:%Y-%m-%d %H:%M}" for moment in bench.searched)
    console.line(
        f"study {lab.study}: {bench.target.label}, searched as of {moments}, "
        f"checked as of {bench.moments[-1].as_of:%Y-%m-%d %H:%M}"
        f"; eval_truth: {bench.project.vars['eval_truth']}"
    )
    if lab.known:
        console.line(f"{len(lab.known)} trials are there already")


def _progress(console: Console, trial: Trial) -> None:
    from recsql.tuning.space import described

    folds = "1 fold" if len(trial.scores) == 1 else f"{len(trial.scores)} folds"
    value = f"{trial.value:.4f}" if trial.scores else ""
    status = {"complete": "", "pruned": f"pruned after {folds}"}.get(
        trial.status, f"failed: {trial.problem}"
    )
    text = f"trial {trial.number:>3}  {value:8}{trial.seconds:7.1f} s"
    console.line(f"{text}  {described(trial.settings)}  {status}".rstrip())


def _report(console: Console, project: Project, target: Target, found: Found) -> None:
    from recsql.tuning.space import described, to_paste

    sign = -1 if target.is_better_higher else 1
    complete = [trial for trial in found.trials if trial.status == "complete"]
    first = sorted(complete, key=lambda t: (sign * t.value, t.number))[:SHOWN]
    console.line()
    console.table(
        ("trial", target.metric, "gain", "settings"),
        [
            (t.number, t.value, t.value - found.default.value, described(t.settings))
            for t in first
        ],
        f"The best of {len(found.trials)} trials by {target.label}",
    )
    console.line()
    if found.check is None:
        console.line("No trial is better than the project as it is. Nothing to change.")
        return
    for line in _verdict(target, found.best, found.check):
        console.line(line)
    console.line()
    console.line(to_paste(project, found.best.settings))


def _verdict(target: Target, best: Trial, check: Check) -> tuple[str, str]:
    """Return what the fold that no search saw says of the winner, and what to do."""
    gain = check.after - check.before
    said = (
        f"Trial {best.number} as of {check.as_of:%Y-%m-%d %H:%M}, where no search has "
        f"looked: {target.figure} {check.after:.4f}, as it is "
        f"{check.before:.4f}: {gain:+.4f}"
    )
    if check.low is None or check.high is None:
        return f"{said}.", f"A figure of all lists at once has no interval. {PASTE}"
    said += f" [{check.low:+.4f}, {check.high:+.4f}], {check.users:,} users."
    if check.low <= 0 <= check.high:
        return said, f"That may be chance, and no reason for a change. {ANYWAY}"
    if (gain > 0) != target.is_better_higher:
        return said, f"The search has fitted noise: change nothing. {ANYWAY}"
    return said, f"The gain is not chance. {PASTE}"
