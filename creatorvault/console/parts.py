"""Process-wide objects of the console."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from creatorvault.accounts.parts import AccountsParts
from creatorvault.admin.errors import AdminOff
from creatorvault.admin.parts import AdminParts
from creatorvault.console.refusals import Refusals
from creatorvault.console.sessions import Sessions
from creatorvault.console.sign_in import SignIn
from creatorvault.core.database.operator_login import operators_statements
from creatorvault.core.limits.client_addresses import ClientAddresses
from creatorvault.core.parts import Parts
from creatorvault.core.telemetry.pseudonyms import Pseudonyms
from creatorvault.settings.sections import Settings


@dataclass(slots=True)
class Entrance:
    sessions: Sessions
    sign_in: SignIn


@dataclass(slots=True)
class ConsoleParts:
    """`entrance` is None if there is no login for operators."""

    entrance: Entrance | None

    def sessions(self) -> Sessions:
        """Raises AdminOff if there is no login for operators."""
        return self._opened().sessions

    def sign_in(self) -> SignIn:
        """Raises AdminOff if there is no login for operators."""
        return self._opened().sign_in

    def _opened(self) -> Entrance:
        if self.entrance is None:
            raise AdminOff
        return self.entrance


@asynccontextmanager
async def console_parts(parts: Parts) -> AsyncGenerator[ConsoleParts]:
    settings, admin, accounts = parts[Settings], parts[AdminParts], parts[AccountsParts]
    statements = operators_statements(settings.database)
    if statements is None or admin.operator_keys is None:
        yield ConsoleParts(None)
        return
    async with AsyncExitStack() as stack:
        stack.push_async_callback(statements.close)
        addresses = ClientAddresses(settings.limits.trusted_proxies)
        sessions = Sessions(admin.database(), statements, accounts.verifier, admin.audit, addresses, settings.console)
        refusals = Refusals(statements, addresses, parts[Pseudonyms], settings.console)
        sign_in = SignIn(
            admin.operator_keys, accounts, refusals, sessions, admin.database(), admin.audit, settings.console
        )
        yield ConsoleParts(Entrance(sessions, sign_in))
