"""The account endpoints."""

from typing import Any

from litestar import Controller, Request
from litestar.datastructures import State

from creatorvault.accounts.identity import Identity
from creatorvault.accounts.openapi import ME
from creatorvault.accounts.parts import TenantNaming
from creatorvault.accounts.schemas import UserProfile
from creatorvault.core.http.handlers import get
from creatorvault.core.openapi.responses import documents
from creatorvault.core.parts import part_of


class UserController(Controller):
    path = "/api/v1/users"
    tags = ["Users"]

    @get("/me", summary="Get the current user", sync_to_thread=False, **documents(ME))
    def get_current_user_profile(self, request: Request[Identity, Any, State]) -> UserProfile:
        """What the service takes from your token: who you are, your roles and tenant, and when the token expires."""
        return UserProfile.of(request.user, part_of(request.app, TenantNaming).tenant_id_of(request.user))
