"""The command that answers over HTTP."""

from __future__ import annotations

from typing import Any

import click

from recsql.cli.options import open_console, open_project, project_options
from recsql.errors import InputError, install


@click.command("serve", short_help="Serve the published tables over HTTP.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", type=click.IntRange(0, 65_535), default=8765, show_default=True)
@click.option("--no-journal", is_flag=True, help="Do not record what is shown.")
@click.option("--ui", is_flag=True, help="With a page for browsing, at /.")
@click.option(
    "--rate",
    type=click.FloatRange(0),
    default=0.0,
    help="Requests per second from one client; 0: no limit.",
)
@click.option(
    "--max-body",
    type=click.IntRange(1_000),
    default=1 << 20,
    show_default=True,
    help="Most bytes in a request.",
)
@click.option(
    "--max-batch",
    type=click.IntRange(1),
    default=1_000,
    show_default=True,
    help="Most users in a POST /batch.",
)
@project_options
def serve(
    host: str,
    port: int,
    no_journal: bool,
    ui: bool,
    rate: float,
    max_body: int,
    max_batch: int,
    **options: Any,
) -> None:
    """Answer over HTTP from the published version, and switch to each new one.

    Routes are the files in queries/serve/; docs/serving.md has examples of them.
    Tokens come from the environment: RECSQL_SERVE_TOKEN, and for routes that show
    histories RECSQL_SERVE_HISTORY_TOKEN.
    """
    try:
        from recsql.serving.limits import Limits
        from recsql.serving.run import Settings
        from recsql.serving.run import serve as run
    except ModuleNotFoundError as error:
        raise InputError(
            f"serve: {error.name} is not installed. Run: {install('serve')}"
        ) from None
    limits = Limits(body=max_body, batch=max_batch, rate=rate)
    settings = Settings(host, port, not no_journal, limits, has_page=ui)
    run(open_project(**options), settings, open_console().line)
