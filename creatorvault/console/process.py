"""The settings of a process that serves only the console."""

from typing import Final

from msgspec.structs import replace

from creatorvault.settings.sections import Settings

ANSWERED: Final = ("/console", "/health")
"""Paths, with all below them, that such a process answers. It has the routes of the API for the console itself."""


def in_own_process(settings: Settings) -> Settings:
    """Its port for metrics is the one after those of the workers and of the process that runs jobs."""
    port, server = settings.metrics.port, settings.server
    with_jobs = settings.jobs.in_server and settings.database.operator_url is not None
    metrics = settings.metrics if port is None else replace(settings.metrics, port=port + server.workers + with_jobs)
    console = replace(settings.console, port=None)
    return replace(settings, metrics=metrics, console=console, server=replace(server, workers=1))
