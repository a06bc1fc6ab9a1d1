"""Granian, set up for this service."""

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
"""Room to read a request that is a little too large, so that the application can say so. One that does not fit gets a
bare 431 from the server, as does one with more than 100 headers; a target of 65,535 bytes and more gets a bare 414.
"""


def serve(application: str, server: ServerSettings) -> int:
    """Blocks until SIGINT or SIGTERM has been obeyed; returns the exit status, 1 when workers cannot start.

    Requests in flight have `shutdown_seconds` to finish. Workers are forked where the platform allows it, since
    importing everything once more takes longer than all the rest of a start: call this without threads running.
    """
    supervisor = Supervisor(
        application,
        interface=Interfaces.ASGI,
        address=_numeric(server.host),
        port=server.port,
        workers=server.workers,
        loop=Loops.uvloop,
        # Of HTTP/2, and of a client that has not said yet which it speaks, Granian ends no idle connection.
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
    # What has been imported stays until the end. Looking through all of it for garbage, again and again, would hold up
    # every request that is under way for a tenth of a second.
    gc.collect()
    gc.freeze()
    try:
        supervisor.serve(target_loader=application_of_worker)
    except SystemExit:
        # Ctrl-C reaches the workers too; one that has finished before it is told to counts as lost for Granian.
        return 0 if supervisor.interrupt_signal else 1
    return 0


def _numeric(host: str) -> str:
    """Granian takes addresses only."""
    try:
        return str(ip_address(host))
    except ValueError:
        return str(socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][4][0])
