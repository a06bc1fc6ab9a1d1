"""Runs Granian, configured for this service."""

import gc
import socket
from importlib import import_module
from ipaddress import ip_address
from typing import Final

from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings
from granian.log import LogLevels

from creatorvault.management.commands.supervising import Supervisor, application_of_worker
from creatorvault.settings.sections import ServerSettings

MORE_BUFFER: Final = 16_384
"""Space to read a request that is slightly too large, so that the application can respond. A request that does not fit
gets the server's 431 without a body, like one with more than 100 headers; a target of 65,535 bytes or more gets a 414.
"""


def serve(application: str, server: ServerSettings) -> int:
    """Blocks until shutdown after SIGINT or SIGTERM; returns the exit status, 1 if workers cannot start.

    Requests in flight have `shutdown_seconds` to finish. Workers are forked if the platform supports it, since
    importing everything again takes longer than the rest of the start: call this without running threads.
    """
    supervisor = Supervisor(
        application,
        interface=Interfaces.ASGI,
        address=_numeric(server.host),
        port=server.port,
        workers=server.workers,
        loop=Loops.uvloop,
        # Granian does not close idle HTTP/2 connections, or connections whose protocol is not known yet.
        http=HTTPModes.http1,
        websockets=False,
        http1_settings=HTTP1Settings(
            header_read_timeout=round(server.header_seconds * 1000),
            max_buffer_size=server.max_target_bytes + server.max_header_bytes + MORE_BUFFER,
        ),
        workers_kill_timeout=server.shutdown_seconds,
        log_level=LogLevels.warning,
    )
    import_module(application.partition(":")[0])  # once, for all workers
    # Imported objects live until the end. Scanning all of them at each garbage collection would delay every request in
    # flight by a tenth of a second.
    gc.collect()
    gc.freeze()
    try:
        supervisor.serve(target_loader=application_of_worker)
    except SystemExit:
        # Ctrl-C also reaches the workers; Granian treats one that exits before it is told to as crashed.
        return 0 if supervisor.interrupt_signal else 1
    return 0


def _numeric(host: str) -> str:
    """Resolves a host name, since Granian accepts only addresses."""
    try:
        return str(ip_address(host))
    except ValueError:
        return str(socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][4][0])
