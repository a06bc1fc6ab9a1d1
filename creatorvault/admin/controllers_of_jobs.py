"""Jobs, /api/v1/admin/jobs."""

from litestar import Controller
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency, Provide
from litestar.status_codes import HTTP_200_OK

from creatorvault.admin import openapi_of_jobs
from creatorvault.admin.dependencies import provide_job_administration, provide_reads
from creatorvault.admin.reads import OperatorReads
from creatorvault.admin.schemas_of_jobs import JobList, JobPath, JobQuery, JobResponse
from creatorvault.admin.scopes import Scope
from creatorvault.admin.services_of_jobs import JobAdministration
from creatorvault.core.http.handlers import delete, get, post
from creatorvault.core.http.inputs import Path, Query


class JobController(Controller):
    path = "/api/v1/admin/jobs"
    tags = ["Admin"]
    cache_control = CacheControlHeader(no_store=True)
    dependencies = {"reads": Provide(provide_reads), "jobs": Provide(provide_job_administration)}

    @get("/", summary="List jobs", operator=Scope.READ, **openapi_of_jobs.JOBS)
    async def list_jobs(self, asked: Query[JobQuery], reads: NamedDependency[OperatorReads]) -> JobList:
        """Returns a page of jobs that wait, run or have failed. Filters combine with AND."""
        return await reads.answer(lambda overview: overview.jobs(asked))

    @post(
        "/{job_id:str}/retry",
        summary="Retry a failed job",
        status_code=HTTP_200_OK,
        operator=Scope.MANAGE,
        **openapi_of_jobs.JOB_RETRIED,
    )
    async def retry_job(self, path: Path[JobPath], jobs: NamedDependency[JobAdministration]) -> JobResponse:
        """Lets a failed job wait again, as if it had not been begun."""
        return await jobs.retry(path.job_id)

    @delete(
        "/{job_id:str}",
        summary="Cancel a job",
        status_code=HTTP_200_OK,
        operator=Scope.MANAGE,
        **openapi_of_jobs.JOB_CANCELLED,
    )
    async def cancel_job(self, path: Path[JobPath], jobs: NamedDependency[JobAdministration]) -> JobResponse:
        """Removes a job that waits or has failed. What it has done so far stays."""
        return await jobs.cancel(path.job_id)
