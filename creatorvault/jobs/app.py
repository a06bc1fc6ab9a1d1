"""Registration of the jobs app."""

from typing import Final

from creatorvault.core.database.tenant_data import Erased
from creatorvault.jobs.admin import JOBS
from creatorvault.jobs.checks import login_check, waiting_check
from creatorvault.jobs.metrics import job_metrics
from creatorvault.jobs.models import LoggedJob, QueuedJob
from creatorvault.jobs.parts import job_queue, jobs_parts
from creatorvault.jobs.schedules import FORGET_ENDED_JOBS
from creatorvault.management.apps import App

APP: Final = App(
    name="jobs",
    database_checks=[login_check, waiting_check],
    parts=[job_queue, jobs_parts],
    # Local, since processes look for the next job of any tenant.
    erases=[Erased(model=QueuedJob, stays_local=True), Erased(model=LoggedJob, stays_local=True)],
    metrics=[job_metrics],
    console=[JOBS],
    schedules=[FORGET_ENDED_JOBS],
)
