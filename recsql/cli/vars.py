"""`recsql vars`: what can be set, what it may be, and what it is here."""

from __future__ import annotations

from typing import Any

import click

from recsql.cli.options import open_console, open_project, project_options


@click.command("vars", short_help="Show what can be set.")
@click.argument("word", default="")
@click.option("--changed", is_flag=True, help="Only those that the project changes.")
@click.option("--schema", is_flag=True, help="Print JSON Schema, for editors.")
@project_options
def show_vars(word: str, changed: bool, schema: bool, **options: Any) -> None:
    """Show the vars that have to do with WORD: their values here, and what they may be.

    Set each in dbt_project.yml, under vars:, or in --vars.
    """
    from recsql.config.reference import schema_text
    from recsql.questions.settings import listing

    project = open_project(**options)
    console = open_console()
    if schema:
        console.line(schema_text(project))
        return
    for text, kind in listing(project, word, changed):
        console.line(text, {"section": "underline", "name": "bold"}.get(kind, ""))
