"""`recsql vars`: what can be set, what it is here, and what it may be."""

from __future__ import annotations

from collections.abc import Iterator

from recsql.config.declared import Declared, declared
from recsql.config.project import Project
from recsql.config.reference import short
from recsql.errors import InputError, did_you_mean

WIDTH = 60


def listing(project: Project, word: str, changed: bool) -> list[tuple[str, str]]:
    """Return lines, each with its kind: section, name, text or nothing.

    Args:
        project: whose settings they are.
        word: only vars that speak of it; all where it is empty.
        changed: only vars that are not what they are by default.

    Raises:
        InputError: no var speaks of the word.
    """
    found = [var for var in declared().values() if _speaks_of(var, word.lower())]
    if not found:
        hint = did_you_mean(word, declared()) or " All of them: recsql vars"
        raise InputError(f'vars: no var has to do with "{word}".{hint}')
    lines: list[tuple[str, str]] = []
    section = ""
    for var in found:
        if changed and project.vars[var.name] == project.default_vars[var.name]:
            continue
        if var.section != section:
            section = var.section
            lines += [("", ""), (section, "section")]
        lines += _described(project, var, with_entries=word == var.name)
    return lines[1:] or [("every var is what it is by default", "")]


def _speaks_of(var: Declared, word: str) -> bool:
    entries = (each for each in (var.of or var).entries.values())
    texts = (var.name, var.what, var.more, var.section, var.in_words)
    return any(word in text.lower() for text in texts) or any(
        word in entry.name for entry in entries
    )


def _described(
    project: Project, var: Declared, *, with_entries: bool
) -> Iterator[tuple[str, str]]:
    here, default = project.vars[var.name], project.default_vars[var.name]
    by_default = "" if here == default else f"   (default {short(default, WIDTH)})"
    yield f"{var.name}: {short(here, WIDTH)}{by_default}", "name"
    unset = f" Null: {var.unset}." if var.unset else ""
    yield f"    {var.what} {var.more}".rstrip() + unset, ""
    yield f"    It is {var.in_words}. Example: {short(var.example, WIDTH)}", ""
    for entry in (var.of or var).entries.values() if with_entries else ():
        null = f" Null: {entry.unset}." if entry.unset else ""
        yield f"    {entry.name}: {entry.what} It is {entry.in_words}.{null}", ""
