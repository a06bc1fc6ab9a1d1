"""The guard of the application, which authenticates creators and operators. Every route has it."""

from typing import Any, Final

from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.handlers import BaseRouteHandler

from creatorvault.accounts.errors import AdminRequired
from creatorvault.accounts.guards import bearer_token, count_known, counted, requires_identity
from creatorvault.accounts.identity import Identity
from creatorvault.accounts.parts import AccountsParts
from creatorvault.admin.errors import ScopeMissing
from creatorvault.admin.operator_keys import PREFIX
from creatorvault.admin.parts import AdminParts
from creatorvault.admin.scopes import Caller, Scope
from creatorvault.core.errors import Unauthorized
from creatorvault.core.http.handlers import OPERATOR
from creatorvault.core.parts import part_of
from creatorvault.tenants.resolution import user_actor

SIGNED_IN: Final = "signed_in"
"""The Caller in the state of a request that the console makes inside of the process. No client can set it."""


async def requires_caller(connection: ASGIConnection[Any, Any, Any, State], handler: BaseRouteHandler) -> None:
    scope: Scope | None = handler.opt.get(OPERATOR)
    if scope is None:
        await requires_identity(connection, handler)
        return
    caller = await _administrator(connection, handler)
    part_of(connection.app, AdminParts).database()  # raises AdminOff
    if scope not in caller.scopes:
        raise ScopeMissing(scope)
    connection.scope["user"] = caller


async def _administrator(connection: ASGIConnection[Any, Any, Any, State], handler: BaseRouteHandler) -> Caller:
    """By an operator key, or by a token from an issuer that may name administrators: such a token has every scope.

    The console has found out by itself who has signed in there.
    """
    signed_in: Caller | None = connection.scope["state"].get(SIGNED_IN)
    if signed_in is not None:
        await count_known(connection, handler, part_of(connection.app, AccountsParts), (signed_in.actor,))
        return signed_in
    keys = part_of(connection.app, AdminParts).operator_keys
    if keys is not None and _carries_key(connection):
        accounts = part_of(connection.app, AccountsParts)
        return await counted(connection, handler, accounts, keys, lambda caller: (caller.actor,))
    await requires_identity(connection, handler)
    identity: Identity = connection.user
    if not identity.is_admin:
        raise AdminRequired
    return Caller(user_actor(identity), frozenset(Scope))


def _carries_key(connection: ASGIConnection[Any, Any, Any, State]) -> bool:
    try:
        return bearer_token(connection).startswith(PREFIX)
    except Unauthorized:
        return False
