"""Jinja: one model's template in, its SQL, references and config out.

The names a template may use mean the same here and in dbt: `ref source var config doc
this is_incremental`, dbt's `invocation_id`, `run_started_at`, `flags.EMPTY` and macros.
The environment is sandboxed: a template reaches neither files nor Python's internals.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import FunctionLoader, TemplateError

from recsql.compilation.sandbox import MOST_NUMBERS, Sandbox
from recsql.compilation.templates import CODES, LineMarks, split_marks
from recsql.compilation.words import is_plain
from recsql.config.project import Model, Project, as_list
from recsql.config.properties import SourceTable
from recsql.errors import ProjectError, RecsqlError, did_you_mean


def quoted(*parts: str) -> str:
    """Join the parts of a relation name, quoting what is no plain identifier.

    >>> quoted("main", "int_events"), quoted("raw", "My Table")
    ('main.int_events', 'raw."My Table"')
    """
    return ".".join(
        part if is_plain(part) else '"' + part.replace('"', '""') + '"'
        for part in parts
    )


def literal(text: str) -> str:
    """Return a SQL string literal.

    >>> literal("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


@dataclass(frozen=True)
class Contract:
    """The types of a table's columns, None for any, and the yml that promises them."""

    file: str
    types: Mapping[str, str | None]


@dataclass(frozen=True)
class Compiled:
    """One rendered model: its SQL, what it reads and how it is stored.

    `file` is the path that messages show; `lines` maps lines of `sql` to lines of it;
    `vars` are those it read. An incremental model is rendered twice: `incremental` is
    what is added to a table that is there, `hooks` run after either.
    """

    model: Model
    file: str
    sql: str
    refs: tuple[str, ...]
    sources: tuple[str, ...]
    config: Mapping[str, Any]
    lines: tuple[int, ...]
    vars: Mapping[str, Any] = field(default_factory=dict)
    hooks: tuple[str, ...] = ()
    incremental: Compiled | None = None
    contract: Contract | None = None

    @property
    def name(self) -> str:
        """Return the model's name."""
        return self.model.name

    def source_line(self, rendered_line: int) -> int:
        """Return the line of the file that a line (from 1) of the SQL came from."""
        index = min(max(rendered_line, 1), len(self.lines)) - 1
        return self.lines[index] if self.lines else rendered_line


@dataclass
class Recorder:
    """What one template asked for while it was rendered, and whether to add to it."""

    this: str = ""
    is_incremental: bool = False
    refs: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    config: dict[str, Any] = field(default_factory=dict)
    vars: dict[str, Any] = field(default_factory=dict)


class Renderer:
    """Renders the models of one project; `relation` may be swapped for unit tests."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.relation: Callable[[str], str] = lambda name: quoted("main", name)
        self.source_relation: Callable[..., str] = quoted
        self.vars_read: set[str] = set()
        self.invocation_id = str(uuid.uuid4())
        self.run_started_at = datetime.now(UTC)
        self._recorder = Recorder()
        self._models = self._environment([LineMarks])
        self._macros = self._environment([])
        names = {
            "ref": self._ref,
            "source": self._source,
            "var": self._var,
            "config": self._config,
            "doc": self._doc,
            "is_incremental": lambda: self._recorder.is_incremental,
            "invocation_id": self.invocation_id,
            "run_started_at": self.run_started_at,
            "flags": {"EMPTY": False},  # of dbt build --empty
            **{name: self._macro(name) for name in project.macros},
        }
        self._models.globals.update(names)
        self._macros.globals.update(names)

    def render(self, model: Model) -> Compiled:
        """Render one model.

        Raises:
            ProjectError: the template is wrong; the message names file and line.
        """
        compiled = self._render(model, Recorder(config=dict(model.config)))
        if compiled.config.get("materialized") == "incremental":
            return replace(compiled, incremental=self.render_addition(model))
        return compiled

    def render_addition(self, model: Model) -> Compiled:
        """Render what an incremental model adds to its table, which is there."""
        config = dict(model.config)
        return self._render(model, Recorder(is_incremental=True, config=config))

    def _render(self, model: Model, recorder: Recorder) -> Compiled:
        self._recorder = recorder
        recorder.this = self.relation(model.name)
        text = self._run(str(model.path), lambda env: env.get_template(str(model.path)))
        sql, lines = split_marks(text)
        return Compiled(
            model=model,
            file=self._show(str(model.path)),
            sql=sql,
            refs=tuple(dict.fromkeys(recorder.refs)),
            sources=tuple(dict.fromkeys(recorder.sources)),
            config=recorder.config,
            lines=lines,
            vars=recorder.vars,
            hooks=self._hooks(str(model.path), recorder.config.get("post_hook")),
        )

    def _hooks(self, path: str, hooks: Any) -> tuple[str, ...]:
        """Render what runs after a model: `post_hook` is a text or a list of texts."""
        texts = [] if hooks is None else as_list(hooks)
        return tuple(self._run_text(path, str(text)) for text in texts)

    def render_text(self, text: str, path: Path) -> str:
        """Render a snippet of a yml file or of a singular test."""
        self._recorder = Recorder()
        if "{" not in text:
            return text
        return split_marks(self._run_text(str(path), text))[0][:-1]

    def source_parts(self, table: SourceTable) -> list[str]:
        """Return the schema and the name of a raw table, with the vars filled in."""
        return [
            self.render_text(text, table.path)
            for text in (table.schema, table.identifier)
        ]

    def timeless(self, rendered: str) -> str:
        """Return rendered text without who renders it and when."""
        moment = str(self.run_started_at.replace(tzinfo=None))
        return rendered.replace(moment, "").replace(self.invocation_id, "")

    def referenced(self) -> tuple[str, ...]:
        """Return the models that the last `render_text` referred to."""
        return tuple(dict.fromkeys(self._recorder.refs))

    def config(self) -> Mapping[str, Any]:
        """Return what the last `render_text` set with `config()`."""
        return self._recorder.config

    def _run_text(self, path: str, text: str) -> str:
        return self._run(path, lambda env: CODES.template(env, text))

    def _run(self, path: str, load: Callable[[Sandbox], Any]) -> str:
        self._models.numbers_left = self._macros.numbers_left = MOST_NUMBERS
        try:
            rendered: str = load(self._models).render(this=self._recorder.this)
        except RecsqlError as error:
            where = self._where(path, error)
            raise type(error)(f"{where}: {error}") from None
        except TemplateError as error:
            line = getattr(error, "lineno", None)
            where = f"{self._show(path)}:{line}" if line else self._where(path, error)
            raise ProjectError(f"{where}: Jinja: {error.message}") from None
        except RecursionError as error:
            where = self._where(path, error)
            raise ProjectError(
                f"{where}: Jinja: a macro calls itself for ever."
            ) from None
        except Exception as error:  # of what a template does, such as 1/0
            said = str(error) or type(error).__name__
            raise ProjectError(f"{self._where(path, error)}: Jinja: {said}.") from None
        return rendered

    def _where(self, path: str, error: BaseException) -> str:
        """Return file:line of the deepest frame that is a template of this project."""
        where, trace = self._show(path), error.__traceback__
        while trace:
            name = trace.tb_frame.f_code.co_filename
            if name.endswith(".sql"):
                where = f"{self._show(name)}:{trace.tb_lineno}"
            trace = trace.tb_next
        return where

    def _show(self, path: str) -> str:
        return self.project.relative(Path(path))

    def _environment(self, extensions: list[type[LineMarks]]) -> Sandbox:
        models = {str(model.path): model for model in self.project.models.values()}

        def load(name: str) -> tuple[str, str, Callable[[], bool]]:
            if name in models:
                return models[name].sql, name, lambda: True
            if Path(name) not in self.project.macros.values():
                raise ProjectError(f'no file is read by a template: "{name}".')
            return Path(name).read_text(encoding="utf-8"), name, lambda: True

        return Sandbox(FunctionLoader(load), list(extensions), CODES)

    def _macro(self, name: str) -> Callable[..., str]:
        """Return a stand-in that loads the macro's file at its first call."""

        def call(*args: Any, **kwargs: Any) -> str:
            template = self._macros.get_template(str(self.project.macros[name]))
            expanded: str = getattr(template.module, name)(*args, **kwargs)
            return expanded

        return call

    def _ref(self, *parts: str, v: int | None = None) -> str:
        """Name a model as dbt does: ref("m"), ref("package", "m"), ref("m", v=2)."""
        known = {*self.project.models, *self.project.seeds}
        name = self._version(parts[-1], v)
        if name not in known:
            raise ProjectError(f'unknown model "{name}".{did_you_mean(name, known)}')
        self._recorder.refs.append(name)
        return self.relation(name)

    def _version(self, name: str, v: int | None) -> str:
        """Return the file of a version, of the latest where none is asked for."""
        described = self.project.properties.get(name)
        versions = described.versions if described else {}
        if v is not None and str(v) not in versions:
            raise ProjectError(f'model "{name}" has no version {v}.')
        latest = described.latest_version if described else None
        return versions.get(str(latest if v is None else v), name)

    def _source(self, group: str, name: str) -> str:
        table = self.project.sources.get((group, name))
        if table is None:
            raise ProjectError(f'unknown source "{group}.{name}".')
        recorder = self._recorder
        relation = self.source_relation(*self.source_parts(table))
        self._recorder = recorder
        recorder.sources.append(relation)
        return relation

    def _var(self, name: str) -> Any:
        if name not in self.project.vars:
            hint = did_you_mean(name, self.project.vars)
            raise ProjectError(f'unknown var "{name}".{hint}')
        self.vars_read.add(name)
        self._recorder.vars[name] = self.project.vars[name]
        return self.project.vars[name]

    def _config(self, **settings: Any) -> str:
        for key, setting in settings.items():
            if key == "tags":
                setting = [*self._recorder.config.get("tags", []), *as_list(setting)]
            self._recorder.config[key] = setting
        return ""

    def _doc(self, name: str) -> str:
        if name not in self.project.docs:
            hint = did_you_mean(name, self.project.docs)
            raise ProjectError(f'unknown docs block "{name}".{hint}')
        return self.project.docs[name]
