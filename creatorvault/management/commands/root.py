"""The root command group, which reports errors as messages instead of tracebacks."""

import errno
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final, NoReturn, override

import rich_click as click

from creatorvault import __version__
from creatorvault.core.telemetry.logging import configure_logging
from creatorvault.management.commands.telling import lines_of
from creatorvault.management.heads import HeadSource
from creatorvault.management.postgres import EmbeddedPostgresError

APPLICATION: Final = "creatorvault.asgi:create_app"
CONSOLE: Final = "creatorvault.asgi:create_console_app"
INTERRUPTED: Final = 130
"""The exit status that shells use for a command ended by SIGINT."""


class RootGroup(click.RichGroup):
    """Reports every error as one line on standard error, with a non-zero exit status."""

    told_in_words: tuple[type[Exception], ...] = (EmbeddedPostgresError,)
    shows_tracebacks = False

    @override
    def main(self, args: Sequence[str] | None = None, *others: Any, **more: Any) -> NoReturn:
        self.shows_tracebacks = False
        more["standalone_mode"] = False
        try:
            _refuse_closed_output()
            outcome = super().main(args, *others, **more)
            sys.stdout.flush()
        except click.Abort:
            self._end(INTERRUPTED, "interrupted")
        except Exception as error:
            if self.shows_tracebacks and not isinstance(error, click.ClickException):
                raise
            status = error.exit_code if isinstance(error, click.ClickException) else 1
            self._end(status, *lines_of(error, self.told_in_words))
        sys.exit(outcome if isinstance(outcome, int) else 0)

    @staticmethod
    def _end(status: int, *lines: str) -> NoReturn:
        if (reason := _unwritable()) is not None:
            # A reader that stops early, such as `head`, gets no error.
            lines = (f"standard output: {reason}",) if reason != os.strerror(errno.EPIPE) else ()
        for line in lines:
            click.echo(f"Error: {line}", err=True)
        sys.exit(status)


def root_group(
    commands: Sequence[click.RichCommand],
    told_in_words: Sequence[type[Exception]] = (),
    heads: Sequence[HeadSource] = (),
) -> RootGroup:
    """`told_in_words` are the apps' exceptions whose text is meant for the user. `heads` are passed to commands."""
    settings = {"help_option_names": ["-h", "--help"], "obj": heads}

    @click.group(name="creatorvault", cls=RootGroup, context_settings=settings)
    @click.version_option(__version__, prog_name="creatorvault", message="%(prog)s %(version)s")
    @click.option("--traceback", is_flag=True, help="Show the traceback of an error, which may contain private data.")
    @click.pass_context
    def root(ctx: click.Context, *, traceback: bool) -> None:
        """CreatorVault, the privacy-first manager for content ideas."""
        root.shows_tracebacks = traceback
        if ctx.invoked_subcommand not in {"run", "worker"}:  # errors are printed once, and not logged in addition
            configure_logging("ERROR", "auto", production=False)

    root.told_in_words = (*RootGroup.told_in_words, *told_in_words)
    for command in commands:
        root.add_command(command)
    return root


def _refuse_closed_output() -> None:
    """Fails if stdout is closed: the next file opened would get its number, and receive the output."""
    if sys.stdout is None:
        raise click.ClickException("standard output is closed: send it to a file or to /dev/null")


def _unwritable() -> str | None:
    """Returns why the output cannot be written, such as a full disk. In that case it redirects stdout, since Python
    would otherwise report the error once more at exit.
    """
    try:
        sys.stdout.flush()
    except (OSError, ValueError) as error:
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return getattr(error, "strerror", None) or "it is closed"
    except AttributeError:
        return None  # there is no stdout
    return None
