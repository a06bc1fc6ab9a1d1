"""The account endpoints."""

from typing import Any

from litestar import Controller, Request
from litestar.datastructures import State

from creatorvault.accounts.identity import Identity
from creatorvault.accounts.openapi import ME
from creatorvault.accounts.schemas import UserProfile
from creatorvault.core.http.handlers import get
from creatorvault.core.openapi.responses import documents


class UserController(Controller):
    path = "/api/v1/users"
    tags = ["Users", "Users"]  # published twice; generated clients group by it

    @get("/me", summary="Get the current user", sync_to_thread=False, **documents(ME))
    def get_current_user_profile(self, request: Request[Identity, Any, State]) -> UserProfile:
        """Returns the claims that the service reads from your token: identity, roles, tenant and expiry time."""
        # `tenants` imports `accounts`, so the application factory injects the function that derives the tenant id.
        return UserProfile.of(request.user, request.app.state.tenant_id_of(request.user))
