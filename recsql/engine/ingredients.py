"""What a table is made of, as far as that decides what it holds."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Mapping
from hashlib import file_digest
from pathlib import Path
from typing import Any

from recsql import __version__
from recsql.compilation.compiler import Plan
from recsql.compilation.render import Compiled
from recsql.engine.checks import Check
from recsql.engine.fingerprints import CALLED, checksum, functions, is_unsettled

STAMPS = ("run_id", "generated_at")  # columns of public tables that are no content
# Where a model only writes down when it was built; anything else reads the clock.
MOMENT = r"(timestamp )?'[^']*'(\s*\))?\s+as\s+"
FITTED = re.compile(MOMENT + r"fitted_at\b")
STAMPED = re.compile(MOMENT + rf"({'|'.join(STAMPS)}|fitted_at)\b")
Parts = dict[str, Any]


def ingredients(plan: Plan, name: str, engine: str, reads: Mapping[str, str]) -> Parts:
    """Return all that decides what a table holds, by name and checksum.

    `sql` is without the clock; `clock` stands where the rest of it has one, `moves`
    where it is never the same.

    Args:
        plan: the compiled project.
        name: the model or seed.
        engine: the version of what builds it.
        reads: the contents of the tables that it reads.
    """
    parts: Parts = {"engine": f"{__version__} {engine}"}
    model = plan.models.get(name)
    if model is None:
        with Path(plan.project.seeds[name]).open("rb") as file:
            digest = file_digest(file, "sha256").hexdigest()
        return {**parts, "functions": "", "sql": digest, "reads": {}}
    text = full_text(model)
    parts["functions"] = functions() if CALLED.search(text) else ""
    parts["sql"] = checksum(plan.renderer.timeless(text))
    parts["reads"] = dict(reads)
    if reads_clock(plan, model):
        parts["clock"] = str(plan.renderer.run_started_at)
    if is_unsettled(text):
        parts["moves"] = True
    return parts


def asked(check: Check, content_of: Callable[[str], str]) -> str:
    """Return a checksum of a check and of what the tables it reads hold."""
    moves = str(uuid.uuid4()) if is_unsettled(check.sql) else ""
    return checksum(check.sql, moves, *map(content_of, check.reads))


def why(was: Parts, now: Parts) -> str | None:
    """Say in a few words why a table must be built, None where it need not."""
    if was == now and "moves" not in now:
        return None
    for part, said in (
        ("engine", "another version of recsql or its engine"),
        ("functions", "its functions changed"),
        ("sql", "its SQL or vars changed"),
    ):
        if was.get(part) != now[part]:
            return said
    read = {**was["reads"], **now["reads"]}
    changed = [n for n in read if was["reads"].get(n) != now["reads"].get(n)]
    return f"{changed[0]} changed" if changed else "reads the clock"


def reads_clock(plan: Plan, model: Compiled) -> bool:
    """Say whether the SQL has the time of the run, but to say when it was built."""
    stamps = STAMPED if model.name in plan.public else FITTED
    still = stamps.sub("", full_text(model))
    return plan.renderer.timeless(still) != still


def full_text(model: Compiled) -> str:
    """Return the SQL of a model, of what is added to it, its hooks and its config."""
    parts = [model.sql, *model.hooks]
    parts += [model.incremental.sql] if model.incremental else []
    return "\n".join([*parts, json.dumps(model.config, default=str, sort_keys=True)])
