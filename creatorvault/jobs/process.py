"""A process that runs jobs, with the parts of a process that serves."""

import asyncio
import signal
from importlib import import_module

import uvloop
from litestar import Litestar
from msgspec.structs import replace

from creatorvault.core.parts import parts_of
from creatorvault.jobs.worker import work_until
from creatorvault.settings.loading import load_settings
from creatorvault.settings.sections import Settings


def run_jobs(application: str) -> None:
    """Blocks until SIGTERM or SIGINT. `application` is the path of the factory that serving processes call, too.

    Raises NoLoginForJobs, and the driver's errors unless they are transient.
    """
    module, _, factory = application.partition(":")
    app: Litestar = getattr(import_module(module), factory)(_beside_workers(load_settings()))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(app))


def _beside_workers(settings: Settings) -> Settings:
    """Its port for metrics is the one after those of the workers."""
    port, server = settings.metrics.port, settings.server
    metrics = settings.metrics if port is None else replace(settings.metrics, port=port + server.workers)
    return replace(settings, metrics=metrics, server=replace(server, workers=1))


async def _run(app: Litestar) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    async with app.lifespan():
        await work_until(parts_of(app), stop)
