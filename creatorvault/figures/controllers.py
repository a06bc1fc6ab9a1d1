"""Figures for operators, /api/v1/admin."""

from datetime import UTC, datetime

from litestar import Controller
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency, Provide

from creatorvault.admin.dependencies import AdminRequest, provide_reads
from creatorvault.admin.reads import OperatorReads
from creatorvault.admin.scopes import Scope
from creatorvault.core.http.handlers import get
from creatorvault.core.http.inputs import Query
from creatorvault.core.parts import part_of
from creatorvault.figures import openapi
from creatorvault.figures.parts import FiguresParts
from creatorvault.figures.schemas import (
    CheckList,
    CheckResponse,
    FiguresSeries,
    OperatorReadiness,
    SeriesQuery,
    SettingList,
)
from creatorvault.figures.services import FiguresService
from creatorvault.figures.settings_in_force import in_force
from creatorvault.health.services import HealthService
from creatorvault.management.checks import Level
from creatorvault.settings.sections import Settings


class FiguresController(Controller):
    path = "/api/v1/admin"
    tags = ["Admin"]
    cache_control = CacheControlHeader(no_store=True)
    dependencies = {"reads": Provide(provide_reads)}

    @get("/series", summary="Figures over time", operator=Scope.READ, **openapi.SERIES)
    async def get_series(self, asked: Query[SeriesQuery], reads: NamedDependency[OperatorReads]) -> FiguresSeries:
        """Returns requests, sizes, jobs and alarms over time, of all processes that have the operators' login.

        Requests are added some seconds after they were answered. Vaults are looked at every five minutes and jobs every
        minute, by `creatorvault worker`. Figures are kept for eight days.
        """
        now = datetime.now(UTC)
        return await reads.answer(lambda overview: FiguresService(overview.session).series(asked.span, now))

    # Not /settings, which are those of the vault of a creator whose id is `admin`.
    @get(
        "/configuration",
        summary="List the settings in force",
        sync_to_thread=False,
        operator=Scope.READ,
        **openapi.SETTINGS,
    )
    def list_settings(self, request: AdminRequest) -> SettingList:
        """Returns the settings of the responding process. Secrets are masked, and addresses have no passwords."""
        return SettingList(items=in_force(part_of(request.app, Settings)))

    @get("/checks", summary="Run the system checks", operator=Scope.READ, **openapi.CHECKS)
    async def run_checks(self, request: AdminRequest) -> CheckList:
        """Checks settings, keys, roles and migrations, as `creatorvault check` does; in production as with `--deploy`.

        Requests that are made while checks are running get the result of that run.
        """
        checked = await part_of(request.app, FiguresParts).checker.run()
        items = [
            CheckResponse(
                id=found.id,
                level="error" if found.level is Level.ERROR else "warning",
                text=found.text,
                hint=found.hint,
            )
            for found in checked.messages
        ]
        errors = sum(item.level == "error" for item in items)
        return CheckList(
            items=items,
            checked_at=checked.at,
            seconds=checked.seconds,
            errors=errors,
            warnings=len(items) - errors,
        )

    @get("/readiness", summary="Read the readiness of the service", operator=Scope.READ, **openapi.READINESS)
    async def get_readiness(self, request: AdminRequest) -> OperatorReadiness:
        """Returns what `/health/ready` finds, with 200 in any case."""
        found = await part_of(request.app, HealthService).readiness()
        return OperatorReadiness(ready=found.is_ready, checks=dict(found.checks), warnings=dict(found.warnings))
