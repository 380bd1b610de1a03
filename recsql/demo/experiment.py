"""The A/B test of `recsql demo`: exposures are generated, and so is what they show."""

from __future__ import annotations

from typing import Any

from recsql.compilation.render import Renderer, quoted
from recsql.config.project import Project
from recsql.engine.warehouse import open_warehouse
from recsql.operation import pipeline
from recsql.operation.events import Listener
from recsql.questions.queries import render_query
from recsql.terminal.console import Console

QUERY = "generate_exposures"
TABLE = "generated_exposures"
GENERATED: dict[str, Any] = {
    "exposures": {
        "table": TABLE,
        "user_id": "user_id",
        "item_id": "item_id",
        "surface": "surface",
        "variant": "variant",
        "shown_at": "shown_at",
        "clicked_at": "clicked_at",
    },
    "experiments": [
        {
            "name": "generated clicks",
            "variants": {"control": 0.5, "treatment": 0.5},
            "population": "exposed",
            "surface": "home",
            "starts_at": "2017-12-04",
        }
    ],
    "sample_sizes": [
        {"name": "clicks", "kind": "proportion", "baseline": 0.1, "uplift": 0.2},
        {
            "name": "revenue",
            "kind": "mean",
            "baseline": 180,
            "uplift": 0.05,
            "standard_deviation": 190,
        },
    ],
}
MODELS = ("stg_exposures", "experiments")
SHOWN = (
    "metric, method, control_value, variant_value, relative_lift, p_value, "
    "holm_p_value, is_significant"
)


def build_experiment(project: Project, threads: int, listener: Listener) -> None:
    """Generate exposures over what is built, and analyse them as an A/B test.

    Raises:
        ModelError: a model failed.
        TestsFailed: a test failed.
    """
    given = project.with_vars(GENERATED)
    profile, sql = given.profile, render_query(Renderer(given), QUERY)
    table = quoted(str(given.vars["raw_schema"]), TABLE)
    with open_warehouse(profile.build_path, profile.settings) as warehouse:
        warehouse.rows(f"create or replace table {table} as {sql}")
    pipeline.build(given, pipeline.Selection(MODELS), threads, listener)


def print_experiment(project: Project, console: Console) -> None:
    """Print what the generated experiment found."""
    profile = project.profile
    options = {**profile.settings, "access_mode": "read_only"}
    with open_warehouse(profile.published_path, options) as warehouse:
        rows = warehouse.rows(
            f"select {SHOWN} from main.exp_results order by p_value nulls last, metric"
        )
    console.line()
    console.table(
        SHOWN.split(", "),
        rows,
        "A/B test on generated exposures: 20 % more clicks were built in, and nothing "
        "else",
    )
