"""Rules for the settings of limits and metrics, in addition to `creatorvault.settings.rules`."""

from collections import Counter
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Final

from creatorvault.settings.reader import UNREAD
from creatorvault.settings.sections import LimitsSettings, MetricsSettings, ServerSettings
from creatorvault.settings.storage_url import valkey_url

TOKEN_BYTES: Final = 32
PORTS: Final = 65_535


def unsafe_limits(limits: LimitsSettings) -> Iterator[str]:
    yield from _storage(limits)
    for name, count in Counter(group.name for group in limits.groups).items():
        if count > 1:
            yield f"limits.groups: {name} is listed {count} times"
    for group in limits.groups:
        if group.reads is None and group.writes is None:
            yield f"limits.groups: {group.name} has neither reads nor writes"
    for network in limits.trusted_proxies:
        try:
            ip_network(network)
        except ValueError as error:
            yield f"limits.trusted_proxies: {error}"
        else:
            if network.endswith("/0"):
                yield f"limits.trusted_proxies: {network} is everybody, and everybody could choose his own address"


def _storage(limits: LimitsSettings) -> Iterator[str]:
    if limits.storage_url is not None and limits.storage_url is not UNREAD:
        try:
            valkey_url(limits.storage_url.reveal())
        except ValueError as error:
            yield f"CREATORVAULT_LIMITS__STORAGE_URL {error}"


def unsafe_metrics(
    metrics: MetricsSettings, server: ServerSettings, *, with_jobs: bool, with_console: bool
) -> Iterator[str]:
    """The last two are whether a process that runs jobs, and one that serves the console, are started beside."""
    if metrics.token is not None and len(metrics.token) < TOKEN_BYTES:
        yield f"CREATORVAULT_METRICS__TOKEN has {len(metrics.token)} bytes, and needs at least {TOKEN_BYTES}"
    if metrics.token is not None and metrics.port is None and server.workers > 1:
        yield "CREATORVAULT_METRICS__TOKEN shows one worker's metrics, now this one's, now that one's: set metrics.port"
    if metrics.port is not None:
        ports = range(metrics.port, metrics.port + server.workers + with_jobs + with_console)
        if server.port in ports:
            yield f"metrics.port {metrics.port} and its workers' need {server.port}, which is the service's own"
        if ports[-1] > PORTS:
            yield f"metrics.port {metrics.port} leaves no ports for {server.workers} workers" + (
                " and what is beside them" if with_jobs or with_console else ""
            )
