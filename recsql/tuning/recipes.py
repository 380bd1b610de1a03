"""Ready searches for `recsql tune --recipe`: what usually pays, in the usual order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from recsql.errors import InputError, did_you_mean
from recsql.tuning.blending import Blend, learn
from recsql.tuning.search import Budget, Found, finish, search
from recsql.tuning.space import Choice, Range, Settings, Space
from recsql.tuning.trials import Lab, Trial


@dataclass(frozen=True)
class Growth:
    """A var that is doubled while the figure still gains more than so much."""

    name: str
    start: int
    most: int
    least_gain: float


@dataclass(frozen=True)
class PerRegion:
    """A var whose entry of each large region is searched by what its users think."""

    name: str
    options: tuple[Any, ...]  # None: no entry
    least_users: int
    most_regions: int


@dataclass(frozen=True)
class Recipe:
    """First grow, then search each space, then regions, on top of the best so far."""

    source: str
    metric: str
    spaces: tuple[Space, ...]
    growth: Growth | None = None
    regions: PerRegion | None = None


DECAYS = (7, 15, 30, 60, 90, 120, 240)
RECIPES: Mapping[str, Recipe | Blend] = {
    "blend": Blend(),
    "als": Recipe(
        source="als",
        metric="precision@10",
        growth=Growth("als_factors", 32, 512, 0.005),
        spaces=(
            (
                Range("als_regularization", 0.05, 0.1, is_log=False),
                Range("als_iterations", 15, 30, is_log=False),
            ),
            (Choice("decay_days", DECAYS),),
        ),
        regions=PerRegion("region_decay_days", (None, *DECAYS), 200, 5),
    ),
    "neighbours": Recipe(
        source="item_knn",
        metric="ndcg@10",
        spaces=(
            (
                Choice("knn_similarity", ("exponents",)),
                Range("knn_user_exponent", 0.0, 1.2, is_log=False),
                Range("knn_source_exponent", 0.0, 1.0, is_log=False),
                Range("knn_target_exponent", 0.0, 1.0, is_log=False),
            ),
            (
                Choice("knn_neighbours", (50, 150, 500)),
                Choice("knn_shrinkage", (0.0, 2.0, 10.0)),
            ),
        ),
    ),
}


def recipe_of(name: str) -> Recipe | Blend:
    """Return the recipe of that name.

    Raises:
        InputError: there is none.
    """
    if name not in RECIPES:
        hint = did_you_mean(name, RECIPES) or f" There are: {', '.join(RECIPES)}."
        raise InputError(f'--recipe: there is no recipe "{name}".{hint}')
    return RECIPES[name]


def follow(
    lab: Lab,
    recipe: Recipe | Blend,
    budget: Budget,
    seed: int,
    tell: Callable[[str], None],
) -> Found:
    """Follow a recipe; the budget is that of each space."""
    if isinstance(recipe, Blend):
        return learn(lab, tell)
    lab.trial({})
    settings: Settings = {}
    if recipe.growth:
        settings = {recipe.growth.name: _grown(lab, recipe.growth, budget, tell)}
    made: list[Trial] = []
    for space in recipe.spaces:
        names = ", ".join(dimension.name for dimension in space)
        tell(f"{names}: on top of the best so far")
        trials = search(lab, space, settings, budget, seed)
        best = lab.best([*trials, lab.trial(settings)])
        settings = {**settings, **best.settings}
        made += [trial for trial in trials if trial not in made]
    if recipe.regions:
        for entry in _regional(lab, recipe.regions, settings, budget, seed, tell):
            made.append(lab.trial({**settings, **entry}))
            settings = lab.best([lab.trial(settings), made[-1]]).settings
    return finish(lab, made)


def _regional(
    lab: Lab,
    wanted: PerRegion,
    settings: Settings,
    budget: Budget,
    seed: int,
    tell: Callable[[str], None],
) -> Iterator[Settings]:
    """Yield the entry of each large region that is best for its own users.

    It stays if all users together gain by it, too.
    """
    regions = lab.bench.regions(wanted.least_users, wanted.most_regions)
    if not regions:
        tell(f"{wanted.name}: no region has {wanted.least_users} users to learn from")
    for region in regions:
        name = f"{wanted.name}.{region}"
        own = lab.in_region(region)
        tell(f"{name}: {own.bench.target.label}")
        trials = search(own, (Choice(name, wanted.options),), settings, budget, seed)
        best = own.best([own.trial(settings), *trials]).settings
        if name in best:
            yield {name: best[name]}


def _grown(
    lab: Lab, growth: Growth, budget: Budget, tell: Callable[[str], None]
) -> Any:
    """Return the size after which doubling gains too little."""
    size = growth.start
    best = lab.trial({growth.name: size})
    while size * 2 <= growth.most and not budget.is_spent:
        larger = lab.trial({growth.name: size * 2})
        if larger.status == "failed":
            break
        gain = larger.value - best.value
        if abs(gain) <= growth.least_gain or lab.better(best.value, larger.value):
            tell(f"{growth.name}: {size}, as {size * 2} gains only {gain:.4f}")
            break
        size, best = size * 2, larger
    return size
