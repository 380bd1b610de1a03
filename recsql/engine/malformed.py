"""Lines of text files that cannot be read: counted, sampled, and the rest is loaded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import duckdb

from recsql.compilation.render import literal, quoted
from recsql.errors import InputError
from recsql.texts.exact import Record

TABLE = "malformed_lines"
KEPT = 1000  # lines of each file and reason that the table holds
LONGEST = 1000  # letters of a line that the table holds


@dataclass(frozen=True)
class Malformed:
    """How many lines were left out for a reason, and where the first of them is."""

    reason: str
    lines: int
    first: str


@dataclass
class LeftOut:
    """What was left out of the files of a load, by file and reason."""

    counts: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    samples: list[tuple[str, Record]] = field(default_factory=list)

    def add(self, file: str, record: Record) -> None:
        """Count a line, and keep it where there are few of its kind."""
        self.counts[file, record.reason] += 1
        if self.counts[file, record.reason] <= KEPT:
            self.samples.append((file, record))

    def join(self, other: LeftOut) -> None:
        """Add what was left out of another file."""
        self.counts.update(other.counts)
        self.samples += other.samples

    def by_reason(self) -> tuple[Malformed, ...]:
        """Return how many lines each reason has, the most first."""
        lines: dict[str, int] = defaultdict(int)
        for (_, reason), count in self.counts.items():
            lines[reason] += count
        firsts: dict[str, str] = {}
        for file, record in self.samples:
            firsts.setdefault(record.reason, f"{file} line {record.line}")
        found = [Malformed(reason, n, firsts[reason]) for reason, n in lines.items()]
        return tuple(sorted(found, key=lambda entry: (-entry.lines, entry.reason)))

    def require_few(self, name: str, rows: int, most: float) -> None:
        """Refuse where more lines than this share are left out."""
        left_out = sum(self.counts.values())
        if left_out > most * (rows + left_out):
            raise InputError(
                f"load {name}: {left_out / (rows + left_out):.2%} of the lines cannot "
                f"be read, more than --max-malformed {most:g}: "
                f"{told(self.by_reason())}. The table is unchanged."
            )

    def keep(
        self, connection: duckdb.DuckDBPyConnection, schema: str, name: str
    ) -> None:
        """Replace what the table of malformed lines has of this raw table."""
        relation = quoted(schema, TABLE)
        ((known,),) = connection.execute(
            "select count(*) from information_schema.tables "
            "where table_schema = ? and table_name = ?",
            [schema, TABLE],
        ).fetchall()
        if not known and not self.samples:
            return
        connection.execute(
            f"create table if not exists {relation} (table_name varchar, file_name "
            "varchar, reason varchar, line_number bigint, line_text varchar, "
            "malformed_count bigint)"
        )
        connection.execute(f"delete from {relation} where table_name = {literal(name)}")
        rows = [
            (name, file, record.reason, record.line, _text(record.text), count)
            for file, record in self.samples
            for count in [self.counts[file, record.reason]]
        ]
        if rows:
            connection.executemany(
                f"insert into {relation} values (?, ?, ?, ?, ?, ?)", rows
            )


def _text(line: str) -> str:
    """Return a line as the table holds it; bytes that are no UTF-8 become "?"."""
    cut = line.rstrip("\r\n")[:LONGEST]
    return cut.encode("utf-8", "replace").decode("utf-8")


def told(found: Iterable[Malformed]) -> str:
    """Return in words what was left out.

    >>> told([Malformed("too many columns", 1200, "a.csv line 7")])
    '1,200 too many columns (first: a.csv line 7)'
    """
    return ", ".join(
        f"{entry.lines:,} {entry.reason} (first: {entry.first})" for entry in found
    )
