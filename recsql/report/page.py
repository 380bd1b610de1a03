"""The page of `recsql report`: answers in, one HTML file out; its parts are in assets/.

All it needs is in the file: the data as JSON, the style, and the scripts, Vega-Lite as
vl-convert bundles it among them, each allowed by its hash. A browser fetches nothing.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from recsql.config.access import access_of
from recsql.config.files import note_written, write_beside
from recsql.config.project import Project
from recsql.errors import InputError, install, unwritable
from recsql.report.content import content_of
from recsql.report.data import Answers, Part, gather

FOLDER = Path(__file__).with_name("assets")
SCRIPTS = ("dom", "sections", "charts", "compare", "lookup", "lineage", "navigation")
ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}
FORMATS = {
    "count": "{:,.0f}",
    "share": "{:.1%}",
    "signed_share": "{:+.1%}",
    "signed": "{:+.4f}",
    "chance": "{:.4f}",
}


def write_report(project: Project, path: Path) -> int:
    """Write the report on what is published; return its size in bytes.

    Raises:
        InputError: nothing is published, the extra report is not installed, or the file
            cannot be written.
        WarehouseError: the disk is full.
    """
    library = _library()
    text = page(gather(project), library)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        access = access_of(project)
        size = write_beside(path, text, access.mode)
        note_written(project.profile.folder, path, "report")
    except OSError as error:
        raise unwritable(f"report: {path}", error) from None
    return size


def page(answers: Answers, library: str) -> str:
    """Return the page; `library` is the JavaScript that draws the charts."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["shown"] = shown
    script = "\n".join(_text(f"{name}.js") for name in SCRIPTS)
    return environment.get_template("page.html").render(
        content_of(answers),
        policy=_policy([library, script]),
        style=Markup(_text("style.css")),
        library=Markup(library),
        script=Markup(script),
        payload=Markup(_json(_payload(answers))),
    )


def shown(value: Any, kind: str) -> str:
    """Return a value as a person reads it.

    >>> shown(1234, "count"), shown(0.0372, "share"), shown(0.00001, "chance")
    ('1,234', '3.7 %', '< 0.0001')
    >>> shown(0.40823, "figure"), shown(12.345, "figure"), shown(-0.0123, "signed")
    ('0.4082', '12.35', '-0.0123')
    >>> shown("2024-05-01 12:30:59", "moment"), shown(None, "figure")
    ('2024-05-01 12:30', '-')
    """
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "-"
    if kind == "chance" and value < 0.0001:
        return "< 0.0001"
    if kind == "figure":
        decimals = 4 if abs(value) <= 1 else 3 if abs(value) < 10 else 2
        return f"{value:,.{decimals}f}"
    if kind in FORMATS:
        return FORMATS[kind].format(value).replace("%", " %")
    return str(value)[: {"moment": 16, "day": 10, "id": 8}.get(kind)]


def _library() -> str:
    """Return Vega-Lite with all it needs, as one script."""
    try:
        import vl_convert
    except ImportError:
        raise InputError(
            "report: the package vl-convert-python is not installed. "
            f"Run: {install('report')}"
        ) from None
    # "</script" would end the element that holds it; in JavaScript the two are equal
    return _once(vl_convert.javascript_bundle).replace("</script", "<\\/script")


@cache
def _once(bundle: Callable[[], str]) -> str:
    """Bundle once per process; it takes more than a second."""
    return str(bundle())


def _text(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def _policy(scripts: Sequence[str]) -> str:
    """Return a content security policy: these scripts run, nothing is fetched."""
    hashes = (
        base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        for script in scripts
    )
    allowed = " ".join(f"'sha256-{text}'" for text in hashes)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _payload(answers: Answers) -> Mapping[str, Any]:
    """Return what the scripts read."""
    texts: dict[str, int] = {}
    charts = sorted((FOLDER / "charts").glob("*.json"))
    return {
        "tables": {
            name: _packed(part, texts)
            for name, part in answers.parts.items()
            if not part.missing
        },
        "texts": list(texts),
        "charts": {path.stem: json.loads(path.read_text()) for path in charts},
        "models": [asdict(model) for model in answers.models],
        "surfaces": [s["name"] for s in answers.project.vars["surfaces"]],
        "asked": {
            "user": answers.project.vars["asked_user"],
            "item": answers.project.vars["asked_item"],
        },
    }


def _packed(part: Part, texts: dict[str, int]) -> Mapping[str, Any]:
    """Return a table whose texts are places in a list that all tables share."""
    columns = range(len(part.columns))
    kinds = [{type(row[i]) for row in part.rows} - {type(None)} for i in columns]
    packed = [i for i in columns if kinds[i] == {str}]
    rows = [
        [
            texts.setdefault(value, len(texts))
            if i in packed and value is not None
            else _plain(value)
            for i, value in enumerate(row)
        ]
        for row in part.rows
    ]
    return {"columns": part.columns, "texts": packed, "rows": rows}


def _plain(value: Any) -> Any:
    """Return a value that JSON has; numbers with as many digits as are seen."""
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value if isinstance(value, int | str | None) else str(value)


def _json(content: Mapping[str, Any]) -> str:
    """Return JSON that cannot end the element that holds it."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=str)
    for character, escape in ESCAPES.items():
        text = text.replace(character, escape)
    return text
