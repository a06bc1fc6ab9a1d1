"""`creatorvault worker`: runs jobs."""

import sys
from collections.abc import Sequence
from functools import partial

import rich_click as click

from creatorvault.jobs.errors import NoLoginForJobs
from creatorvault.jobs.process import run_jobs
from creatorvault.management.checks import Check
from creatorvault.management.commands.preparing import prepared
from creatorvault.management.commands.supervising import supervise
from creatorvault.management.development import with_development_secrets
from creatorvault.management.upgrade import UpgradeStep
from creatorvault.settings.loading import load_settings


def worker_command(application: str, checks: Sequence[Check], steps: Sequence[UpgradeStep]) -> click.RichCommand:
    """`application` is the path of the factory that a process calls for its parts."""

    @click.command()
    def worker() -> None:
        """Run jobs until Ctrl-C or SIGTERM; in development, start the database and apply migrations first."""
        settings = with_development_secrets(load_settings())
        with prepared(settings, checks, steps) as settings:
            if settings.database.operator_url is None:
                raise NoLoginForJobs
            status = supervise([partial(run_jobs, application)], application, settings.server.shutdown_seconds)
        sys.exit(status)

    return worker
