"""What is installed: one line for each app, whose `app.py` says what it adds."""

from importlib import import_module
from importlib.util import find_spec
from typing import Final

from creatorvault.core.database.tenant_data import TenantData
from creatorvault.management.apps import App

# An explicit list: a broken import must be loud. The order is that of routes and commands, and in which parts are
# opened: an app comes after those whose parts it uses.
NAMES: Final = (
    "crypto",
    "health",
    "accounts",
    "metrics",
    "audit",
    "tenants",
    "idempotency",
    "ideas",
    "admin",
)


def _installed(name: str) -> App:
    app: App = import_module(f"creatorvault.{name}.app").APP
    return app


INSTALLED: Final = tuple(map(_installed, NAMES))


def import_models() -> None:
    """So that the tables of all apps are in SQLModel's metadata."""
    for name in NAMES:
        if find_spec(f"creatorvault.{name}.models") is not None:
            import_module(f"creatorvault.{name}.models")


def tenant_data() -> TenantData:
    """A later app's rows may refer to those of an earlier one."""
    return TenantData([table for app in reversed(INSTALLED) for table in app.erases])
