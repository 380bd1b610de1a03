"""The command `recsql`, also as `python -m recsql`: commands in, exit codes out."""

from __future__ import annotations

import os
import sys
import traceback
from contextlib import suppress

import click

from recsql.cli.main import cli
from recsql.engine import stops
from recsql.errors import Unexpected


def main() -> None:
    """Run the command line; every failure is one line and an exit code."""
    before = os.umask(0o077)
    os.umask(before)
    try:
        with stops.listening():
            cli(standalone_mode=False, prog_name="recsql")
            sys.stdout.flush()
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except BrokenPipeError:
        _close_output()
        sys.exit(1)
    except (Exception, KeyboardInterrupt) as error:
        sys.exit(_tell(error))
    finally:
        os.umask(before)


def _tell(error: BaseException) -> int:
    """Print one line on what went wrong; return the exit code."""
    if isinstance(error, click.Abort):
        error = KeyboardInterrupt()
    told = stops.as_error(error)
    if isinstance(told, Unexpected) and os.environ.get("RECSQL_TRACEBACK"):
        traceback.print_exception(error)
    with suppress(OSError):
        print(f"Error: {told}", file=sys.stderr, flush=True)
    try:
        sys.stdout.flush()
    except OSError:
        _close_output()
    return told.exit_code


def _close_output() -> None:
    """Forget what standard output does not take, as Python tries again at the end."""
    with suppress(OSError, ValueError):
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, sys.stdout.fileno())
        os.close(nothing)


if __name__ == "__main__":
    main()
