"""The command `recsql`, also as `python -m recsql`: commands in, exit codes out."""

from __future__ import annotations

import sys

import click

from recsql.cli.main import cli
from recsql.errors import RecsqlError


def main() -> None:
    """Run the command line; every expected failure is one line and an exit code."""
    try:
        cli(standalone_mode=False, prog_name="recsql")
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except RecsqlError as error:
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        print("Error: interrupted.", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except OSError as error:
        print(
            f"Error: {error.filename or 'system'}: {error.strerror}.", file=sys.stderr
        )
        sys.exit(1)


if __name__ == "__main__":
    main()
