"""What an app is to the whole: the routes, commands, checks and parts that it adds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

from litestar import Router
from litestar.types import ControllerRouterHandler
from rich_click import RichCommand

from creatorvault.core.background.declarations import JobKind, Schedule
from creatorvault.core.console.declarations import Section
from creatorvault.core.database.sealed_data import SealedTable, WrappedTable
from creatorvault.core.database.tenant_data import TenantTable
from creatorvault.core.http.handlers import PUBLIC
from creatorvault.core.http.routing import SharedPaths
from creatorvault.core.limits.rate_limits import GROUP
from creatorvault.core.parts import PartOpener
from creatorvault.core.telemetry.metrics import MetricSource
from creatorvault.management.checks import Check
from creatorvault.management.heads import HeadSource
from creatorvault.management.upgrade import UpgradeStep
from creatorvault.settings.sections import Settings


def _always(settings: Settings) -> bool:
    return True


class AppRouter(SharedPaths):
    """Litestar copies a router for each application, which is a fifth of a start. This one is made for one only."""

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """One folder's part in the whole. `name` is the folder's.

    `database_checks` ask a database, which need not be there when the service starts. `parts` live as long as the
    process. `erases` names every table of the app with rows of tenants; where rows refer to others, they come first.
    `sealed` and `wrapped` name every table with values that are sealed with vault keys, or keys that root keys wrap.
    `heads` are printed by `creatorvault audit heads`. `jobs` and `schedules` are run by `creatorvault worker`.
    `console` are pages for operators, from the app's `admin.py`. Its routes are there
    if it is `enabled`.
    """

    name: str
    controllers: Sequence[ControllerRouterHandler] = ()
    checks: Sequence[Check] = ()
    database_checks: Sequence[Check] = ()
    upgrade_steps: Sequence[UpgradeStep] = ()
    commands: Sequence[RichCommand] = ()
    parts: Sequence[PartOpener] = ()
    erases: Sequence[TenantTable] = ()
    sealed: Sequence[SealedTable] = ()
    wrapped: Sequence[WrappedTable] = ()
    metrics: Sequence[MetricSource] = ()
    heads: Sequence[HeadSource] = ()
    jobs: Sequence[JobKind] = ()
    schedules: Sequence[Schedule] = ()
    console: Sequence[Section] = ()
    enabled: Callable[[Settings], bool] = _always

    @property
    def router(self) -> Router:
        """Its routes, which are a group for rate limits: `limits.groups` names it by the app."""
        return AppRouter("/", route_handlers=self.controllers, opt={GROUP: self.name})

    @property
    def is_limited(self) -> bool:
        """Whether any of its controllers needs a caller, since only callers have quotas."""
        return any(PUBLIC not in vars(controller).get("opt", {}) for controller in self.controllers)
