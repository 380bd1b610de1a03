"""Types for columns of text: the narrowest that every value has, dates said aloud."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from recsql.compilation.render import literal
from recsql.engine.text_files import FILE, LINES, Texts, column
from recsql.errors import InputError
from recsql.texts.dialect import cut
from recsql.texts.kinds import Kind, dates_of, kinds_of, of_format

SAMPLE = 500  # values of a column that say which types to try


@dataclass(frozen=True)
class Wanted:
    """What the user says of types, dates and decimals."""

    types: Mapping[str, str]
    date_format: str | None = None
    decimal: str = "."


@dataclass(frozen=True)
class Typed:
    """The expression that reads each column, and what a person should know."""

    expressions: Mapping[str, str]
    notes: tuple[str, ...]


def find_types(
    connection: duckdb.DuckDBPyConnection, texts: Texts, wanted: Wanted
) -> Typed:
    """Choose a type for each column of `lines_of_text`.

    Raises:
        InputError: files write dates in different ways, or none as was said.
    """
    given = {name.lower(): kind for name, kind in wanted.types.items()}
    expressions = {
        name: f"cast({column(name)} as {given[name.lower()]})"
        for name in texts.columns
        if name.lower() in given
    }
    open_columns = [name for name in texts.columns if name not in expressions]
    search = _Search(connection, texts, wanted)
    found, notes = search.kinds(open_columns)
    for name in open_columns:
        expressions[name] = found.get(name, column(name))
    return Typed({name: expressions[name] for name in texts.columns}, tuple(notes))


@dataclass(frozen=True)
class _Search:
    connection: duckdb.DuckDBPyConnection
    texts: Texts
    wanted: Wanted

    def kinds(self, names: Sequence[str]) -> tuple[dict[str, str], list[str]]:
        """Return the expression of each column that is not text, and notes."""
        samples = {name: self._sample(name) for name in names}
        found: dict[str, str] = {}
        notes: list[str] = []
        if self.wanted.date_format:
            self._take_format(samples, found, notes)
        candidates = {
            name: kinds_of(sample, self.wanted.decimal)
            for name, sample in samples.items()
            if name not in found
        }
        taken = self._taken(candidates)
        for name, kind in taken.items():
            found[name] = kind.read.format(f"trim({column(name)})")
            if kind.format:
                notes.append(self._note(name, kind, candidates[name]))
        for name in candidates.keys() - taken.keys():
            notes += self._say_text(name, samples[name])
        return found, notes

    def _sample(self, name: str) -> list[str]:
        rows = self.connection.execute(
            f"select {column(name)} from {LINES} where {column(name)} is not null "
            f"limit {SAMPLE}"
        ).fetchall()
        return [row[0] for row in rows]

    def _taken(self, candidates: Mapping[str, Sequence[Kind]]) -> dict[str, Kind]:
        """Return for each column the first kind that all its values have."""
        taken: dict[str, Kind] = {}
        for place in range(max(map(len, candidates.values()), default=0)):
            tried = {
                name: kinds[place]
                for name, kinds in candidates.items()
                if place < len(kinds) and name not in taken
            }
            misses = self._count([_misses(name, kind) for name, kind in tried.items()])
            taken |= {
                n: k for (n, k), m in zip(tried.items(), misses, strict=True) if m == 0
            }
        return taken

    def _count(self, conditions: Sequence[str]) -> tuple[int, ...]:
        if not conditions:
            return ()
        counts = ", ".join(f"count(*) filter (where {c})" for c in conditions)
        ((*found,),) = self.connection.execute(
            f"select {counts} from {LINES}"
        ).fetchall()
        return tuple(found)

    def _note(self, name: str, kind: Kind, candidates: Sequence[Kind]) -> str:
        """Say how dates were read, and how else they could have been."""
        others = [k for k in candidates if k.format and k != kind]
        misses = self._count([_misses(name, other) for other in others])
        also = [k.format for k, m in zip(others, misses, strict=True) if m == 0]
        said = f"{name}: dates are read as {kind.format}"
        if also:
            said += (
                f"; every value would fit {', '.join(map(str, also))}, too. Say which "
                "by --date-format"
            )
        return f"{said}."

    def _take_format(
        self,
        samples: Mapping[str, Sequence[str]],
        found: dict[str, str],
        notes: list[str],
    ) -> None:
        """Read the columns that are written in the format that the user gave."""
        kind = of_format(str(self.wanted.date_format))
        for name, sample in samples.items():
            if 2 * sum(map(kind.fits, sample)) <= len(sample):
                continue
            (misses,) = self._count([_misses(name, kind)])
            read = kind.read.format(f"trim({column(name)})")
            if misses:
                read = f"coalesce(cast({read} as varchar), {column(name)})"
                notes.append(
                    f"{name}: values that are not written as {kind.format} stay text: "
                    f'{misses:,}, e.g. "{self._example(name, kind)}".'
                )
            found[name] = read
        if not found:
            raise InputError(
                f"load: no column has dates written as --date-format "
                f'"{self.wanted.date_format}".'
            )

    def _example(self, name: str, kind: Kind) -> str:
        ((text,),) = self.connection.execute(
            f"select {column(name)} from {LINES} where {_misses(name, kind)} limit 1"
        ).fetchall()
        return cut(text)

    def _say_text(self, name: str, sample: Sequence[str]) -> list[str]:
        """Return why a column that holds dates stays text; refuse files that differ."""
        firsts = self.connection.execute(
            f"select any_value({column(name)}) from {LINES} "
            f"group by {column(FILE)} order by {column(FILE)}"
        ).fetchall()
        first_texts = [row[0] for row in firsts if row[0] is not None]
        kinds = dates_of([*sample[:20], *first_texts])
        if kinds_of(sample, ",") and not kinds:
            return [
                f'{name}: stays text: numbers with a comma, e.g. "{cut(sample[0])}". '
                "To read them: --decimal ,"
            ]
        if not kinds:
            return []
        self._require_same(name, kinds)
        forms = [kind for kind in kinds if kind.format]
        if not forms:
            return []
        misses = self._count([_misses(name, kind) for kind in forms])
        best, _ = min(zip(forms, misses, strict=True), key=lambda pair: pair[1])
        return [
            f"{name}: stays text: not every value is a date written as {best.format}, "
            f'e.g. "{self._example(name, best)}". To read those that are: '
            f'--date-format "{best.format}".'
        ]

    def _require_same(self, name: str, kinds: Sequence[Kind]) -> None:
        """Refuse files whose dates are each written in one way, but not in the same."""
        counts = ", ".join(f"count(*) filter (where {_misses(name, k)})" for k in kinds)
        rows = self.connection.execute(
            f"select {column(FILE)}, {counts} from {LINES} where {column(name)} "
            f"is not null group by all order by all"
        ).fetchall()
        fits = {
            self.texts.files[number].name: [
                k for k, misses in zip(kinds, counted, strict=True) if misses == 0
            ]
            for number, *counted in rows
        }
        if (
            len(fits) < 2
            or not all(fits.values())
            or set.intersection(*map(set, fits.values()))
        ):
            return
        (one, first), *others = fits.items()
        apart = [pair for pair in others if not set(pair[1]) & set(first)]
        other, second = [*apart, others[-1]][0]
        raise InputError(
            f"load: the files write {name} in different ways: {one} as "
            f"{_form(first[0])}, {other} as {_form(second[0])}. Load files of one way "
            "together, with --date-format, as tables of their own."
        )


def _form(kind: Kind) -> str:
    return kind.format or f"{kind.name} (%Y-%m-%d)"


def _misses(name: str, kind: Kind) -> str:
    """Return the condition of values of a column that are not of a kind."""
    text, pattern = column(name), literal(f" *(?:{kind.pattern}) *")
    fits = f"regexp_full_match({text}, {pattern})"
    if kind.is_moment:
        fits += f" and {kind.read.format(f'trim({text})')} is not null"
    return f"{text} is not null and not ({fits})"
