"""Types of the command's options."""

import os
from pathlib import Path
from typing import override

import rich_click as click

from creatorvault.settings.database_url import asyncpg_url
from creatorvault.settings.printable import is_one_line


class DatabaseAddress(click.ParamType[str]):
    """An address in one of the forms of DATABASE_URL. Errors do not repeat it, since it may contain a password."""

    name = "URL"

    @override
    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            value.encode()
            return asyncpg_url(value)
        except UnicodeEncodeError:
            self.fail("is not UTF-8", param, ctx)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class OutputFile(click.ParamType[Path]):
    """A regular file that can be written, or does not exist yet in a folder that can be written."""

    name = "FILE"

    @override
    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        if not value.strip() or not is_one_line(value):
            self.fail("is empty, or holds a control character, a line break or what is not UTF-8", param, ctx)
        file = Path(value)
        try:
            if file.exists() and not file.is_file():
                self.fail("is no regular file", param, ctx)
            if not file.parent.is_dir() or not os.access(file if file.exists() else file.parent, os.W_OK):
                self.fail("cannot be written", param, ctx)
        except OSError as error:
            self.fail(f"cannot be written: {error.strerror}", param, ctx)
        return file
