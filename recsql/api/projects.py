"""A project on disk, and what can be done with it.

Each method does what the command of the same name does, with the same rules: work is
private until it is published, one refresh at a time, and who was forgotten stays so.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from recsql.api.tables import Table, table_of

if TYPE_CHECKING:
    from recsql.config.project import Project as ProjectFiles
    from recsql.engine.loader import Loaded
    from recsql.engine.scheduling import ModelResult
    from recsql.evaluation.results import Run
    from recsql.operation.events import Event
    from recsql.publishing.publish import Published

    Listener = Callable[[Event], None]


def init_project(folder: Path | str, preset: str = "own-tables") -> None:
    """Write a small project of your own into a folder, as `recsql init` does.

    Raises:
        RecsqlError: there is no such preset, or something is there already.
    """
    from recsql.config import scaffold

    scaffold.init_project(Path(folder), preset)


def load_project(
    folder: Path | str = ".",
    vars_given: Mapping[str, Any] | None = None,
    *,
    threads: int | None = None,
    memory_limit: str | None = None,
    listener: Listener | None = None,
) -> Project:
    """Return the project in a folder.

    Args:
        folder: where its dbt_project.yml lies.
        vars_given: vars that differ from it, e.g. `{"decay_days": 30}`.
        threads: how many models are built at once; by default what profiles.yml says.
        memory_limit: for DuckDB and Python together, e.g. `"2GB"`.
        listener: is told what happens, e.g. `print`; by default nobody is.

    Raises:
        RecsqlError: there is no project, or it cannot be read.
    """
    from recsql.config.project import load_project as read_project

    files = read_project(folder, vars_given)
    if memory_limit is not None:
        files = files.with_memory_limit(memory_limit)
    return Project(files, threads or files.profile.threads, listener or _unheard)


def _unheard(event: Event) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Project:
    """A project on disk, its vars, and who is told what happens.

    Attributes:
        files: what was read of the folder.
        threads: how many models are built at once.
        listener: is told what happens.
    """

    files: ProjectFiles = field(repr=False)
    threads: int
    listener: Listener = field(repr=False)

    @property
    def root(self) -> Path:
        """Return the project's folder."""
        return self.files.root

    @property
    def vars(self) -> Mapping[str, Any]:
        """Return what is set: see docs/vars.md."""
        return self.files.vars

    def with_vars(self, changed: Mapping[str, Any]) -> Project:
        """Return the same project with some vars changed; the files stay as they are.

        Raises:
            RecsqlError: there is no such var.
        """
        return replace(self, files=self.files.with_vars(changed))

    def load(self, name: str, data: Any) -> Loaded:
        """Load a raw table, replacing it.

        Args:
            name: the table's name, as the project's vars map it.
            data: a file or glob (CSV, Parquet, JSON lines, Arrow), several of them, or
                a table in memory: of pandas, polars, Arrow.

        Raises:
            RecsqlError: it cannot be read; the table is unchanged.
        """
        from recsql.engine import loader
        from recsql.operation import loading

        def read(warehouse: Any, schema: str, table: str) -> Loaded:
            if (files := _files(data)) is None:
                return loader.load_data(warehouse, schema, table, data)
            return loader.load_table(warehouse, schema, table, files)

        with self._at_work():
            return loading.load(self.files, name, read)[0]

    def build(
        self,
        select: Sequence[str] = (),
        exclude: Sequence[str] = (),
        *,
        full_refresh: bool = False,
    ) -> list[ModelResult]:
        """Build the selected models and run their data tests; nothing is published.

        Raises:
            RecsqlError: a model or a test failed.
        """
        from recsql.operation import pipeline

        selection = pipeline.Selection(select, exclude, full_refresh)
        with self._at_work():
            return pipeline.build(self.files, selection, self.threads, self.listener)

    def test(self, select: Sequence[str] = (), exclude: Sequence[str] = ()) -> None:
        """Run unit tests and data tests of the selected models.

        Raises:
            RecsqlError: a test failed.
        """
        from recsql.operation import pipeline

        selection = pipeline.Selection(select, exclude)
        with self._at_work():
            pipeline.test(self.files, selection, self.threads, self.listener)

    def refresh(
        self, select: Sequence[str] = (), *, full_refresh: bool = False
    ) -> Published:
        """Build everything, test it, publish it; a failed test publishes nothing.

        Raises:
            RecsqlError: it failed; readers have what they had.
        """
        from recsql.operation.operate import Terms, refresh_alone
        from recsql.publishing.publish import Published

        published: list[Published] = []

        def hear(event: Event) -> None:
            if isinstance(event, Published):
                published.append(event)
            self.listener(event)

        terms = Terms(self.threads, select=select, full_refresh=full_refresh)
        with self._private():
            refresh_alone(self.files, terms, hear)
        return published[0]

    def backtest(
        self,
        last: str = "28d",
        *,
        folds: int = 1,
        every: str | None = None,
        gap: str = "0d",
        ranker: Literal["auto", "stored", "train"] = "auto",
    ) -> Run:
        """Build the same models as of past moments and score what they recommend.

        Args:
            last: how long the held-out window is: `"28d"`, `"4w"`.
            folds: how many past moments.
            every: how far they are apart; by default as far as `last`.
            gap: what is left out before each window.
            ranker: see docs/ranker.md.

        Raises:
            RecsqlError: there is too little history, or a model or test failed.
        """
        from recsql.evaluation.backtest import asked_folds, run_folds

        asked = asked_folds(last, folds, every, gap, ranker)
        with self._at_work():
            return run_folds(self.files, asked, self.threads, self.listener)

    def table(self, name: str, **filters: Any) -> Table:
        """Return a public table, or any other that is built, in its reading order.

        Args:
            name: e.g. `"rec_for_user"`; what is published is read first.
            filters: columns and the values they must have, e.g. `surface="home"`.

        Raises:
            RecsqlError: no such table or column, or nothing matches.
        """
        from recsql.questions.shows import read

        texts = {column: str(value) for column, value in filters.items()}
        return Table(name, read(self.files, name, texts))

    def recommend(self, user: Any, surface: str | None = None) -> Table:
        """Return what a user is shown, on one surface or on all, best first.

        Raises:
            RecsqlError: the user or the surface is not known, or nothing is built.
        """
        filters = {"surface": surface} if surface is not None else {}
        return self.table("rec_for_user", user_id=user, **filters)

    def explain(self, user: Any, item: Any) -> Table:
        """Return where an item stands for a user, and the first step that removed it.

        Raises:
            RecsqlError: nothing is built yet.
        """
        from recsql.questions import queries

        return table_of("explain", queries.explain(self.files, str(user), str(item)))

    def complete(self, basket: Sequence[Any], limit: int = 20) -> Table:
        """Return what goes with the items of a basket, best first.

        Raises:
            RecsqlError: no item is known, or nothing is built.
        """
        from recsql.questions import queries

        items = [str(item) for item in basket]
        return table_of("complete", queries.complete_basket(self.files, items, limit))

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        """Finish first what an earlier `forget` had to leave, as every command does."""
        from recsql.operation.forget import finish_before

        with self._private():
            finish_before(self.files, self.threads, self.listener)
            yield

    @contextmanager
    def _private(self) -> Iterator[None]:
        """Make files only for those who may read them."""
        from recsql.config.access import keep_private

        before = os.umask(0o077)
        try:
            keep_private(self.files)
            yield
        finally:
            os.umask(before)


def _files(data: Any) -> list[str] | None:
    """Return the files that are named, or None where the data itself is given."""
    if isinstance(data, str | Path):
        return [str(data)]
    if isinstance(data, list | tuple) and all(isinstance(d, str | Path) for d in data):
        return [str(each) for each in data]
    return None
