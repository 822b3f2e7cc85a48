"""The command's frame: which verbs there are, and how an error reaches a person."""

from __future__ import annotations

import os
import sys
import traceback

import typer

from orchestration.cli import develop, incoming, operate, reading, serving
from orchestration.cli.console import complain
from runtime.errors import BankError

app = typer.Typer(
    name="bank",
    help="From a bank's raw extracts to trusted performance figures, models and dashboards.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
for group in (operate, incoming, reading, serving, develop):
    group.add_commands(app)


@app.callback()
def settings_of_all_verbs(
    debug: bool = typer.Option(False, "--debug", help="Show the traceback of an error."),
) -> None:
    """From a bank's raw extracts to trusted performance figures, models and dashboards."""
    if debug:
        os.environ["BANK_DEBUG"] = "1"


@app.command("help")
def help_(context: typer.Context) -> None:
    """Show all verbs."""
    if context.parent is not None:
        typer.echo(context.parent.get_help())


def run() -> None:
    """Run the command; errors that a person can mend come as three sentences, others with where to look."""
    arguments = sys.argv[1:]
    if "--debug" in arguments:  # accepted anywhere, as people type it at the end
        arguments.remove("--debug")
        arguments.insert(0, "--debug")
    try:
        app(arguments, prog_name="bank")
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        if os.environ.get("BANK_DEBUG"):
            traceback.print_exc()
        told = _told(error)
        complain(told.what, told.why, told.fix)
        sys.exit(1)


def _told(error: Exception) -> BankError:
    """Any error in a person's words."""
    if isinstance(error, BankError):
        return error
    if isinstance(error, OSError):
        return BankError(
            "The operating system refused something.",
            f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}.",
            "See ./bank doctor; --debug shows where it happened.",
        )
    return BankError(
        "Something went wrong that nobody foresaw.",
        f"{type(error).__name__}: {error}",
        "Run the same command with --debug, and show what it prints to whoever looks after the platform.",
    )
