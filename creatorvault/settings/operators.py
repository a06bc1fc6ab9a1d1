"""Settings of what operators use."""

from typing import Annotated

from msgspec import Meta, Struct

from creatorvault.settings.values import Host


class AdminSettings(Struct, frozen=True, kw_only=True):
    """The admin API is disabled without `database.operator_url`. `tenant_roles` are roles in an organization.

    With `erasure_by_two`, who asks for an erasure cannot confirm it.
    """

    # Longer than any request: no request from before the erasure was requested is still running when it is confirmed.
    erasure_delay_seconds: Annotated[int, Meta(ge=10, le=30 * 86_400)] = 86_400
    erasure_by_two: bool = False
    tenant_roles: tuple[str, ...] = ("owner", "admin")


class ConsoleSettings(Struct, frozen=True, kw_only=True):
    """With a port, a process of its own serves it there, and the others do not.

    A sign-in is fresh for `fresh_seconds`. After `failures` within `failure_seconds` an address has to wait that long.
    """

    enabled: bool = False
    host: Host = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65_535)] | None = None
    session_seconds: Annotated[int, Meta(ge=60, le=86_400)] = 1_200
    fresh_seconds: Annotated[int, Meta(ge=10, le=3600)] = 300
    failures: Annotated[int, Meta(ge=1, le=100)] = 3
    failure_seconds: Annotated[int, Meta(ge=1, le=86_400)] = 300
