"""The installed apps. The `app.py` of each one declares what it contributes."""

from importlib import import_module
from importlib.util import find_spec
from typing import Final

from creatorvault.core.background.declarations import Background
from creatorvault.core.console.sections import Sections
from creatorvault.core.database.sealed_data import ProtectedData
from creatorvault.core.database.tenant_data import TenantData
from creatorvault.management.apps import App
from creatorvault.management.checks import Check
from creatorvault.management.checks_of_settings import groups_check
from creatorvault.management.system_checks import SystemChecks

# An explicit list, so that a broken import fails at start. It is the order of routes and commands, and in which parts
# are opened: an app comes after those whose parts it uses.
NAMES: Final = (
    "crypto",
    "health",
    "accounts",
    "metrics",
    "audit",
    "tenants",
    "jobs",
    "idempotency",
    "erasure",
    "ideas",
    "sync",
    "transfer",
    "key_management",
    "admin",
    "figures",
    "history",
    "console",
    "tryout",
)


def _installed(name: str) -> App:
    app: App = import_module(f"creatorvault.{name}.app").APP
    return app


INSTALLED: Final = tuple(map(_installed, NAMES))


def import_models() -> None:
    """Imports the models of all apps, so that their tables are in SQLModel's metadata."""
    for name in NAMES:
        if find_spec(f"creatorvault.{name}.models") is not None:
            import_module(f"creatorvault.{name}.models")


def tenant_data() -> TenantData:
    """Returns the declarations of all apps in order. Rows of a later app may reference those of an earlier one."""
    return TenantData([table for app in reversed(INSTALLED) for table in app.erases])


def protected_data() -> ProtectedData:
    """Returns the declarations of all apps. Vault keys are not among them: `key_management` knows their table."""
    return ProtectedData(
        [table for app in INSTALLED for table in app.sealed], [table for app in INSTALLED for table in app.wrapped]
    )


def background() -> Background:
    """Returns the jobs and schedules of all apps."""
    return Background.of(
        [kind for app in INSTALLED for kind in app.jobs], [schedule for app in INSTALLED for schedule in app.schedules]
    )


def serving_checks() -> list[Check]:
    """Returns the checks without which no process serves."""
    groups = groups_check([app.name for app in INSTALLED if app.is_limited])
    return [groups, *(check for app in INSTALLED for check in app.checks)]


def system_checks() -> SystemChecks:
    return SystemChecks.of([*serving_checks(), *(check for app in INSTALLED for check in app.database_checks)])


def sections() -> Sections:
    """Returns the pages of all apps for the operators' console."""
    return Sections.of([section for app in INSTALLED for section in app.console])
