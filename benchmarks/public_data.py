"""Train and test files of public protocols, in the layouts that they come in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

SPLIT = re.compile(r"::|[\t,; ]+")
NUMBER = re.compile(r"-?\d+(\.\d+)?")
DAYS = 28  # train at the epoch below, test this many days later
EPOCH = "2020-01-01 00:00:00", "2020-03-01 00:00:00"
Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Split:
    """What is learned from, and what is asked for."""

    name: str
    train: Pairs
    test: Pairs

    def write(self, file: Path) -> None:
        """Write both as events, the test after the train."""
        parts = list(zip((self.train, self.test), EPOCH, strict=True))
        rows = [(*pair, at) for pairs, at in parts for pair in pairs]
        users, items, times = zip(*rows, strict=True)
        table = {"user_id": users, "item_id": items, "event_at": times}
        pq.write_table(pa.table({k: pa.array(v) for k, v in table.items()}), file)


def splits(folder: Path, layout: str | None, least: float | None) -> Iterator[Split]:
    """Yield what the folder has: train and test files, folds of them, or one file.

    A file alone is dealt into five folds, each user's lines at random (seed 42).

    Raises:
        SystemExit: the folder has none of these.
    """
    folds = sorted(path for path in folder.iterdir() if path.is_dir() and has(path))
    for place in folds or ([folder] if has(folder) else []):
        train, test = (file_of(place, name) for name in ("train", "test"))
        kind = layout or layout_of(train)
        yield Split(place.name, read(train, kind, least), read(test, kind, least))
    files = sorted(path for path in folder.iterdir() if path.is_file())
    if folds or has(folder):
        return
    if len(files) != 1:
        raise SystemExit(
            f"{folder}: wanted are train.* and test.*, folders of them, or one file of "
            f"triples; seen: {', '.join(path.name for path in files) or 'no file'}."
        )
    kind = layout or layout_of(files[0])
    yield from dealt(read(files[0], kind, least), 5)


def has(folder: Path) -> bool:
    """Say whether a folder has a train file and a test file."""
    return all(any(folder.glob(f"{name}.*")) for name in ("train", "test"))


def file_of(folder: Path, name: str) -> Path:
    """Return the file of that name, whatever its ending."""
    return sorted(folder.glob(f"{name}.*"))[0]


def layout_of(file: Path) -> str:
    """Return lists (`user item item ...`) or triples (`user item [rating [time]]`).

    Lists have blanks and a line per user, and not all lines are equally long.
    """
    rows = [SPLIT.split(line) for line in lines(file)]
    blanks = not any(mark in line for line in lines(file)[:9] for mark in ",;\t:")
    each_once = len({row[0] for row in rows}) == len(rows)
    uneven = len({len(row) for row in rows}) > 1
    return "lists" if blanks and each_once and uneven else "triples"


def lines(file: Path) -> list[str]:
    """Return the lines that are not empty, without a header."""
    text = file.read_text(encoding="utf-8", errors="replace")
    found = [line.strip() for line in text.splitlines() if line.strip()]
    if not found:
        raise SystemExit(f"{file}: there is no line.")
    first, rest = SPLIT.split(found[0]), found[1:2]
    numbers = [NUMBER.fullmatch(word) for word in SPLIT.split(rest[0])] if rest else []
    has_header = any(numbers) and not any(NUMBER.fullmatch(word) for word in first)
    return found[1:] if has_header else found


def read(file: Path, layout: str, least: float | None) -> Pairs:
    """Return pairs of user and item, each once; `least`: of ratings from it on.

    Raises:
        SystemExit: a line is not of the layout.
    """
    found: dict[tuple[str, str], None] = {}
    for line in lines(file):
        user, *items = SPLIT.split(line)
        if layout == "triples":
            if not items or (least is not None and len(items) < 2):
                raise SystemExit(f'{file}: no user, item and rating: "{line}".')
            if least is not None and float(items[1]) < least:
                continue
            items = items[:1]
        found.update(dict.fromkeys((user, item) for item in items))
    return list(found)


def dealt(pairs: Pairs, count: int) -> Iterator[Split]:
    """Yield folds: each user's pairs in random order, dealt out like cards."""
    places = np.random.default_rng(42).permutation(len(pairs))
    users: dict[str, int] = {}
    fold_of = np.zeros(len(pairs), dtype=int)
    for place in places.tolist():
        user = pairs[place][0]
        fold_of[place] = users.get(user, 0) % count
        users[user] = users.get(user, 0) + 1
    for fold in range(count):
        marked = list(zip(pairs, (fold_of == fold).tolist(), strict=True))
        yield Split(
            f"fold {fold + 1}",
            [pair for pair, is_test in marked if not is_test],
            [pair for pair, is_test in marked if is_test],
        )
