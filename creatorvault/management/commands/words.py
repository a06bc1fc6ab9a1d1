"""A parameter type for names on the command line, which are shown in lists."""

from typing import Final, override

import rich_click as click

from creatorvault.settings.printable import is_one_line


class Words(click.ParamType[str]):
    """A non-blank line of at most `longest` characters."""

    name = "text"

    def __init__(self, longest: int = 255) -> None:
        self.longest: Final = longest

    @override
    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not value.strip():
            self.fail("is empty", param, ctx)
        if len(value) > self.longest:
            self.fail(f"is longer than {self.longest} characters", param, ctx)
        if not is_one_line(value):
            self.fail("holds a control character, a line break or what is not UTF-8", param, ctx)
        return value
