"""`creatorvault run`: sets up and starts the service."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from types import FrameType

import rich_click as click
from msgspec.structs import replace

from creatorvault.management.checks import Check, Installation, Level, found_by
from creatorvault.management.checks_of_database import logins_check, statements_check
from creatorvault.management.commands.greeting import Greeting, Sample
from creatorvault.management.commands.serving import serve
from creatorvault.management.commands.words import Words
from creatorvault.management.development import with_database, with_development_secrets
from creatorvault.management.upgrade import UpgradeStep, addresses, reachable, upgrade
from creatorvault.settings.loading import load_settings
from creatorvault.settings.reader import SettingsError
from creatorvault.settings.sections import Environment, Settings

type SampleToken = Callable[[Settings, str], Sample]
"""Mints a development token for a user id, or returns why it cannot."""


def run_command(
    application: str, sample_token: SampleToken, checks: Sequence[Check], steps: Sequence[UpgradeStep]
) -> click.RichCommand:
    """`application` is the path of the factory that each worker calls; the rest comes from the installed apps."""

    @click.command()
    @click.option("--host", type=Words(), help="Address to listen on; overrides the settings.")
    @click.option("--port", type=click.IntRange(1, 65_535), help="Port to listen on; overrides the settings.")
    @click.option("--workers", type=click.IntRange(1, 256), help="Number of worker processes.")
    def run(host: str | None, port: int | None, workers: int | None) -> None:
        """Serve until Ctrl-C or SIGTERM; in development, start the database and apply migrations first."""
        settings = _overridden(with_development_secrets(load_settings()), host, port, workers)
        _refuse_what_is_wrong(settings, checks)
        _refuse_taken_port(settings)
        signal.signal(signal.SIGTERM, _leave)
        with with_database(settings, click.echo) as settings:
            development = settings.environment is Environment.DEVELOPMENT
            if development:
                upgrade(settings, steps, say=click.echo)
            else:
                asyncio.run(reachable(addresses(settings.database)[1], settings.database.startup_seconds, click.echo))
                _refuse_what_is_wrong(settings, [logins_check])
            _refuse_what_is_wrong(settings, [statements_check])
            _hand_to_workers(settings)
            sample = sample_token(settings, Greeting.user) if development else Sample()
            with Greeting(settings.server, sample):
                status = serve(application, settings.server)
        sys.exit(status)

    return run


def _overridden(settings: Settings, host: str | None, port: int | None, workers: int | None) -> Settings:
    server = settings.server
    server = replace(server, host=host or server.host, port=port or server.port, workers=workers or server.workers)
    return replace(settings, server=server)


def _refuse_what_is_wrong(settings: Settings, checks: Sequence[Check]) -> None:
    """Raises SettingsError if a check finds an error, which a worker would report with a traceback."""
    installation = Installation(settings, deploy=settings.environment is Environment.PRODUCTION)
    found = asyncio.run(found_by(checks, installation))
    if errors := [
        f"{message.id}: {message.text} {message.hint}".rstrip() for message in found if message.level is Level.ERROR
    ]:
        raise SettingsError(errors)


def _refuse_taken_port(settings: Settings) -> None:
    """Fails if the port is in use: workers share ports, and would silently share this one with another service."""
    host, port = settings.server.host, settings.server.port
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen()
    except OSError as error:
        raise click.ClickException(f"cannot listen on {host}:{port} (HOST, PORT): {error.strerror}") from error
    except UnicodeError:
        raise click.ClickException(f"cannot listen on {host}:{port} (HOST, PORT): that is no name") from None


def _hand_to_workers(settings: Settings) -> None:
    """Sets environment variables for the workers, which load the settings again: database and overrides."""
    if settings.database.url is not None:
        os.environ["DATABASE_URL"] = settings.database.url.reveal()
    if settings.database.operator_url is not None:
        os.environ["DATABASE_OPERATOR_URL"] = settings.database.operator_url.reveal()
    os.environ["CREATORVAULT_SERVER__WORKERS"] = str(settings.server.workers)  # each has a port for its metrics


def _leave(number: int, frame: FrameType | None) -> None:
    """Handles SIGTERM before the server does: it raises SystemExit, so that the embedded database is stopped."""
    raise SystemExit(0)
