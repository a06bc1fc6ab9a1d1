"""The group that all commands hang on: Litestar's own, and ours, with faults told in words instead of tracebacks."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import rich_click as click
from litestar import Litestar
from litestar.cli._utils import LitestarEnv, LitestarGroup
from litestar.cli.commands import core as litestar_core
from litestar.cli.commands import schema as litestar_schema

from creatorvault.core.configuration import SettingsError
from creatorvault.core.embedded import EmbeddedPostgresError

APPLICATION: Final = "creatorvault.asgi:create_app"


class RootGroup(LitestarGroup):
    """Only commands that ask for the application make it, so that `check`, `keys` or `database` work without one."""

    told_in_words: tuple[type[Exception], ...] = (SettingsError, EmbeddedPostgresError)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except self.told_in_words as error:
            raise click.ClickException(str(error)) from error


def root_group(
    create_app: Callable[[], Litestar],
    commands: Sequence[click.RichCommand],
    told_in_words: Sequence[type[Exception]] = (),
) -> RootGroup:
    """`told_in_words` are the apps' exceptions whose text is meant for the person at the terminal."""

    @click.group(name="creatorvault", cls=RootGroup, context_settings={"help_option_names": ["-h", "--help"]})
    @click.pass_context
    def root(ctx: click.Context) -> None:
        """CreatorVault, the privacy-first manager for content ideas."""
        os.environ["LITESTAR_APP"] = APPLICATION
        ctx.obj = lambda: LitestarEnv(app_path=APPLICATION, app=create_app(), cwd=Path.cwd(), is_app_factory=True)

    root.told_in_words = (*RootGroup.told_in_words, *told_in_words)
    theirs: tuple[click.RichCommand, ...] = (
        litestar_core.info_command,
        litestar_core.routes_command,
        litestar_core.version_command,
        litestar_schema.schema_group,
    )
    for command in (*theirs, *commands):
        root.add_command(command)
    return root
