"""What a person sees on a terminal, which is narrow and watched."""

from __future__ import annotations

import io

import pytest

from recsql.engine.scheduling import ModelResult
from recsql.operation.events import Begun, Fold
from recsql.terminal.console import Console
from recsql.terminal.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def watched(patch: pytest.MonkeyPatch) -> Terminal:
    """Print to a terminal of 40 columns, from within a test: pytest captures, too."""
    screen = Terminal()
    patch.setattr("sys.stdout", screen)
    patch.setenv("COLUMNS", "40")
    patch.setenv("TERM", "dumb")
    return screen


ROWS = [(1, "a title of very many words that go on", "reason " * 9), (2, "b", "c")]
HEADERS = ("item_rank", "item_title", "reason")


def test_a_table_is_as_wide_as_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = watched(monkeypatch)
    Console().table(HEADERS, ROWS)
    lines = terminal.getvalue().splitlines()
    assert len(lines) == 3
    assert max(map(len, lines)) <= 40
    assert lines[1].count("…") == 2


def test_nothing_is_cut_where_another_program_reads(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    Console().table(HEADERS, ROWS)
    assert ("reason " * 9).strip() in capsys.readouterr().out


def results() -> list[ModelResult]:
    quick = [ModelResult(f"sig_{n}", "signals", "done", 5, 0.1) for n in range(3)]
    slow = ModelResult("sig_slow", "signals", "done", 5, 61.0)
    return [*quick, slow]


@pytest.mark.parametrize(("verbose", "listed"), [(False, 1), (True, 4)])
def test_slow_models_are_listed_and_others_if_asked(
    monkeypatch: pytest.MonkeyPatch, verbose: bool, listed: int
) -> None:
    terminal = watched(monkeypatch)
    console = Console(verbose=verbose)
    console.event(Begun(4))
    for result in results():
        console.event(result)
    lines = [line for line in terminal.getvalue().splitlines() if "sig_" in line]
    assert len(lines) == listed
    assert "61.00 s" in lines[-1]


def test_every_model_is_listed_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    console = Console()
    console.event(Begun(4))
    for result in results():
        console.event(result)
    assert len(capsys.readouterr().out.splitlines()) == 4


def test_the_live_line(monkeypatch: pytest.MonkeyPatch) -> None:
    watched(monkeypatch)
    console = Console()
    console.event(Fold(2, 3))
    progress: Progress = console._progress
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    progress.begin(114)
    for _ in range(64):
        progress.advance()
    now[0] += 80
    assert progress.text() == "[64/114] fold 2/3 · 1:20"
    progress.end()


def test_what_to_do_next_is_for_people(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Console().next("recsql refresh")
    assert capsys.readouterr().out == ""
    terminal = watched(monkeypatch)
    Console().next("recsql refresh", "recsql show rec_for_user")
    assert "next: recsql refresh   or: recsql" in terminal.getvalue().replace("\n", "")
