"""The caller's own account."""

from typing import Any

from litestar import Controller, Request, get
from litestar.datastructures import State

from creatorvault.accounts.identity import Identity
from creatorvault.accounts.schemas import UserProfile


class UserController(Controller):
    path = "/api/v1/users"

    @get("/me", tags=["Users"], summary="Who am I", sync_to_thread=False)
    def get_current_user_profile(self, request: Request[Identity, Any, State]) -> UserProfile:
        """What the service takes from your token: who you are, your roles, and when the token expires."""
        return UserProfile.of(request.user)
