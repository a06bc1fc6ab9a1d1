"""Renders errors as one line for the command line: never a traceback, and never a secret."""

import errno
from collections.abc import Iterator
from typing import Final

import click
from alembic.util import CommandError

from creatorvault.core.database.transient_errors import DRIVER_ERRORS, described, sqlstate
from creatorvault.core.errors import ServiceUnavailable
from creatorvault.settings.printable import one_line
from creatorvault.settings.reader import SettingsError

UNWRITABLE: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
NO_SUCH_TABLE: Final = frozenset({"42P01", "3F000"})
"""SQLSTATE (PostgreSQL, appendix A): undefined_table, invalid_schema_name."""


def lines_of(error: Exception, in_words: tuple[type[Exception], ...]) -> Iterator[str]:
    """Yields one line, or for settings one line per problem. The text of exceptions `in_words` is shown.

    The text of an unexpected exception is not shown, since it may contain private data.
    """
    match error:
        case click.UsageError() if error.ctx is not None:
            yield one_line(f"{error.format_message().rstrip('.')}. See: {error.ctx.command_path} --help")
        case click.ClickException():
            yield one_line(error.format_message())
        case SettingsError():
            yield from map(one_line, error.problems)
        case ServiceUnavailable() if isinstance(error.__cause__, Exception):
            yield from lines_of(error.__cause__, in_words)
        case CommandError():
            yield one_line(str(error))
        case _ if isinstance(error, in_words):
            yield one_line(str(error))
        case OSError() if error.errno in UNWRITABLE and error.filename is None:
            yield one_line(f"standard output: {error.strerror}")
        case OSError() if error.filename is not None:
            yield one_line(f"{error.filename}: {error.strerror}")
        case _ if isinstance(error, DRIVER_ERRORS):
            hint = " Run: creatorvault database upgrade" if sqlstate(error) in NO_SUCH_TABLE else ""
            yield one_line(f"the database: {described(error)}.{hint}")
        case _:
            name = type(error).__name__
            yield f"unexpected {name}, which is a defect. To see where: creatorvault --traceback …"
