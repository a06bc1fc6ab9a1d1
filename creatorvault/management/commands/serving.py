"""Runs Uvicorn in worker processes, configured for this service."""

import asyncio
import socket
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from importlib import import_module
from ipaddress import ip_address
from typing import Any, Final, NamedTuple, override

from uvicorn import Config, Server

from creatorvault.core.http.connections import Connection, close_overdue
from creatorvault.core.parts import part_of
from creatorvault.core.waiting.shutdown import Shutdown
from creatorvault.management.commands.supervising import supervise
from creatorvault.settings.sections import ServerSettings

BACKLOG: Final = 1024


class Site(NamedTuple):
    """What a process of its own serves at another address: `application` is the path of its factory."""

    application: str
    host: str
    port: int


def serve(
    application: str,
    server: ServerSettings,
    beside: Sequence[Callable[[], None]] = (),
    sites: Sequence[Site] = (),
) -> int:
    """Blocks until shutdown after SIGINT or SIGTERM; returns the exit status, 1 if workers cannot start.

    Requests in flight have `shutdown_seconds` to finish. `beside` is the work of other processes.
    """
    with ExitStack() as listeners:
        served = [*[Site(application, server.host, server.port)] * server.workers, *sites]
        opened = {site: listeners.enter_context(_listener(site)) for site in dict.fromkeys(served)}
        workers = [partial(_work, site.application, server, opened[site]) for site in served]
        return supervise([*workers, *beside], application, server.shutdown_seconds)


def _listener(site: Site) -> socket.socket:
    address = _numeric(site.host)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return socket.create_server((address, site.port), family=family, backlog=BACKLOG)


def _work(application: str, bounds: ServerSettings, listener: socket.socket) -> None:
    module, _, factory = application.partition(":")
    server_of(getattr(import_module(module), factory)(), bounds).run(sockets=[listener])


class _Server(Server):
    """Uvicorn's, which says at the beginning of its shutdown that responses without an end have to end."""

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self.config.lifespan == "on":  # else others serve the application, too
            part_of(self.config.app, Shutdown).announce()  # type: ignore[arg-type]  # `server_of` gets an application
        await super().shutdown(sockets)


def server_of(application: Any, bounds: ServerSettings) -> Server:
    """Returns the server of one worker, for sockets that are already bound."""
    server: Server

    async def watch() -> None:
        now = asyncio.get_running_loop().time()
        close_overdue(server.server_state.connections, now, bounds.header_seconds)

    server = _Server(
        Config(
            application,
            interface="asgi3",
            lifespan="on",
            loop="uvloop",
            http=partial(Connection, bounds),  # type: ignore[arg-type]  # it is only called
            ws="none",
            backlog=BACKLOG,
            log_config=None,
            access_log=False,
            proxy_headers=False,  # core.limits.client_addresses decides whom to trust
            server_header=False,
            timeout_keep_alive=round(2 * bounds.header_seconds) + 1,  # `watch` is earlier
            timeout_graceful_shutdown=bounds.shutdown_seconds,
            callback_notify=watch,
            timeout_notify=0,  # each second
        )
    )
    return server


def _numeric(host: str) -> str:
    """Resolves a host name."""
    try:
        return str(ip_address(host))
    except ValueError:
        return str(socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][4][0])
