"""What is installed. An explicit list: a broken import must be loud, and the order is the order of registration."""

from collections.abc import Sequence
from dataclasses import dataclass

from litestar import Router
from litestar.types import ControllerRouterHandler
from rich_click import RichCommand

from creatorvault.accounts.checks import issuers_check
from creatorvault.accounts.commands import token
from creatorvault.accounts.controllers import UserController
from creatorvault.accounts.guards import PUBLIC
from creatorvault.admin.commands import operators_group
from creatorvault.admin.controllers import AdminController
from creatorvault.audit.checks import audit_log_check
from creatorvault.audit.commands import audit
from creatorvault.audit.upgrade import prepare_audit_log
from creatorvault.core.limits.rate_limits import GROUP
from creatorvault.crypto.checks import root_keys_check
from creatorvault.crypto.commands import keys, pseudonym
from creatorvault.health.controllers import HealthController, RootController
from creatorvault.ideas.commands import seed
from creatorvault.ideas.controllers import IdeaController
from creatorvault.ideas.literal_user_ids import under_reserved_ids
from creatorvault.management.checks import Check
from creatorvault.management.upgrade import UpgradeStep
from creatorvault.tenants.controllers import TenantController


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """One folder's part in the whole. `database_checks` ask a database, which need not be there when it starts."""

    name: str
    controllers: Sequence[ControllerRouterHandler] = ()
    checks: Sequence[Check] = ()
    database_checks: Sequence[Check] = ()
    upgrade_steps: Sequence[UpgradeStep] = ()
    commands: Sequence[RichCommand] = ()

    @property
    def router(self) -> Router:
        """Its routes, which are a group for rate limits: `limits.groups` names it by the app."""
        return Router("/", route_handlers=self.controllers, opt={GROUP: self.name})

    @property
    def is_limited(self) -> bool:
        """Whether any of its controllers needs a caller, since only callers have quotas."""
        return any(PUBLIC not in vars(controller).get("opt", {}) for controller in self.controllers)


INSTALLED: tuple[App, ...] = (
    App(name="health", controllers=(RootController, HealthController)),
    App(name="accounts", controllers=(UserController,), checks=(issuers_check,), commands=(token,)),
    App(name="metrics"),
    App(name="crypto", checks=(root_keys_check,), commands=(keys, pseudonym)),
    App(name="audit", database_checks=(audit_log_check,), upgrade_steps=(prepare_audit_log,), commands=(audit,)),
    App(name="tenants", controllers=(TenantController,)),
    App(name="idempotency"),
    App(name="ideas", controllers=(IdeaController, *under_reserved_ids()), commands=(seed,)),
    App(name="admin", controllers=(AdminController,), commands=(operators_group,)),
)
