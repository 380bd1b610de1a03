"""What `recsql diff` prints: how lists, users, items and tables changed."""

from __future__ import annotations

from recsql.questions.queries import Difference
from recsql.questions.shows import Shown
from recsql.terminal.console import Console


def print_difference(console: Console, found: Difference, depth: int) -> None:
    """Print four tables; what did not change at all is said in a line."""
    older, newer = found.older, found.newer
    console.line(
        f"version {newer['version']} of {newer['published_at']} against version "
        f"{older['version']} of {older['published_at']}"
    )
    title = f"Lists, by their first {depth} places (overlap: 1 is unchanged)"
    _print(console, title, found.surfaces, "no list in either version")
    _print(console, "Users whose lists changed most", found.users, "no list changed")
    title = "Items that are in lists of one version only"
    _print(console, title, found.items, "the same items are in lists")
    changed = [row for row in found.tables.rows if row[-1]]
    tables = Shown(found.tables.headers, tuple(changed))
    _print(console, "Tables", tables, "all tables have as many rows as before")


def _print(console: Console, title: str, shown: Shown, nothing: str) -> None:
    console.line()
    if shown.rows:
        console.table(shown.headers, shown.rows, title)
    else:
        console.line(nothing)
