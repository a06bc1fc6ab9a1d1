"""`creatorvault run`: sets up and starts the service."""

import socket
import sys
from collections.abc import Callable, Sequence

import rich_click as click
from msgspec.structs import replace

from creatorvault.management.checks import Check
from creatorvault.management.commands.greeting import Greeting, Sample
from creatorvault.management.commands.preparing import prepared, refuse_what_is_wrong
from creatorvault.management.commands.serving import Site, serve
from creatorvault.management.commands.words import Words
from creatorvault.management.development import with_development_secrets
from creatorvault.management.upgrade import UpgradeStep
from creatorvault.settings.loading import load_settings
from creatorvault.settings.sections import Environment, Settings

type SampleToken = Callable[[Settings, str], Sample]
"""Mints a development token for a user id, or returns why it cannot."""


def run_command(
    application: str,
    console: str,
    sample_token: SampleToken,
    checks: Sequence[Check],
    steps: Sequence[UpgradeStep],
    run_jobs: Callable[[], None],
) -> click.RichCommand:
    """`application` is the path of the factory that each worker calls, `console` of that for a process that serves only
    the console; the rest comes from the installed apps.

    `run_jobs` is the work of a process that runs jobs beside the workers, if the settings say so.
    """

    @click.command()
    @click.option("--host", type=Words(), help="Address to listen on; overrides the settings.")
    @click.option("--port", type=click.IntRange(1, 65_535), help="Port to listen on; overrides the settings.")
    @click.option("--workers", type=click.IntRange(1, 256), help="Number of worker processes.")
    def run(host: str | None, port: int | None, workers: int | None) -> None:
        """Serve until Ctrl-C or SIGTERM; in development, start the database and apply migrations first."""
        settings = _overridden(with_development_secrets(load_settings()), host, port, workers)
        refuse_what_is_wrong(settings, checks)
        sites = _sites(settings, console)
        _refuse_taken_port(settings.server.host, settings.server.port, "HOST, PORT")
        for site in sites:
            _refuse_taken_port(site.host, site.port, "console.host, console.port")
        with prepared(settings, [], steps) as settings:
            sample = Sample()
            if settings.environment is Environment.DEVELOPMENT:
                sample = sample_token(settings, Greeting.user)
            beside = [run_jobs] if settings.jobs.in_server and settings.database.operator_url is not None else []
            with Greeting(settings, sample):
                status = serve(application, settings.server, beside, sites)
        sys.exit(status)

    return run


def _overridden(settings: Settings, host: str | None, port: int | None, workers: int | None) -> Settings:
    server = settings.server
    server = replace(server, host=host or server.host, port=port or server.port, workers=workers or server.workers)
    return replace(settings, server=server)


def _sites(settings: Settings, console: str) -> Sequence[Site]:
    """Returns that of the console if it has a port of its own."""
    if not settings.console.enabled or settings.console.port is None:
        return []
    return [Site(console, settings.console.host, settings.console.port)]


def _refuse_taken_port(host: str, port: int, names: str) -> None:
    """Fails if the port is in use: workers share ports, and would silently share this one with another service.

    `names` are the settings of host and port.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen()
    except OSError as error:
        raise click.ClickException(f"cannot listen on {host}:{port} ({names}): {error.strerror}") from error
    except UnicodeError:
        raise click.ClickException(f"cannot listen on {host}:{port} ({names}): that is no name") from None
