"""`creatorvault shell`: an interactive Python shell with the application."""

import asyncio
import code
import importlib
import importlib.util
from collections.abc import Callable

import rich_click as click
from litestar import Litestar
from sqlalchemy.ext.asyncio import AsyncSession

from creatorvault.core.database.connections import passing_engine
from creatorvault.management.development import with_database, with_development_secrets
from creatorvault.management.upgrade import addresses
from creatorvault.settings.loading import load_settings
from creatorvault.settings.sections import Settings


def shell_command(create_app: Callable[[Settings], Litestar]) -> click.RichCommand:
    """`create_app` receives the settings of the running database."""

    @click.command()
    def shell() -> None:
        """Open Python with `settings`, `app` and a database `session` of the runtime login.

        With IPython, `await` works directly; plain Python provides `wait(session.execute(…))` instead.
        """
        with with_database(with_development_secrets(load_settings()), click.echo) as settings:
            engine = passing_engine(addresses(settings.database)[1].reveal())
            names = {"settings": settings, "app": create_app(settings), "session": AsyncSession(engine)}
            _interact(names)

    return shell


def _interact(names: dict[str, object]) -> None:
    if importlib.util.find_spec("IPython"):
        importlib.import_module("IPython").start_ipython(argv=["--no-banner"], user_ns=names)
        return
    with asyncio.Runner() as runner:
        code.interact(banner=f"Here: {', '.join(names)}, wait(awaitable)", local={**names, "wait": runner.run})
