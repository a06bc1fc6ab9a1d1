"""The header that carries the token, and what stands behind the guard."""

from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest
from litestar import Request, get

from creatorvault.accounts.guards import requires_admin
from creatorvault.accounts.identity import Identity
from creatorvault.settings import AuthSettings, IssuerSettings, Secret
from tests.accounts.entrance import ME, Entrance, open_entrance, refusal
from tests.factories import SECRET, claims_of, token_of

TOKEN = token_of(claims_of("ada"))


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("Authorization", "")],
        [("Authorization", "Bearer")],
        [("Authorization", "Bearer ")],
        [("Authorization", "Bearer    ")],
        [("Authorization", TOKEN)],
        [("Authorization", "Basic YWRhOnB3")],
        [("Authorization", f"Token {TOKEN}")],
        [("Authorization", f"Bearer:{TOKEN}")],
        [("Cookie", f"better-auth.session_token={TOKEN}")],
        [("X-Authorization", f"Bearer {TOKEN}")],
    ],
)
async def test_without_a_bearer_token_nobody_is_authenticated(
    entrance: Entrance, headers: list[tuple[str, str]]
) -> None:
    answer = await entrance.client.get(ME, headers=headers)

    assert answer.json() == {"detail": "Not authenticated"}
    assert refusal(answer) == "Not authenticated"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer  "])
async def test_the_scheme_may_be_written_in_any_case(entrance: Entrance, scheme: str) -> None:
    answer = await entrance.client.get(ME, headers={"authorization": f"{scheme} {TOKEN}"})

    assert answer.status_code == 200


async def test_two_tokens_in_one_request_are_refused(entrance: Entrance) -> None:
    headers = [("Authorization", f"Bearer {TOKEN}"), ("authorization", f"Bearer {token_of(claims_of('eve'))}")]

    assert refusal(await entrance.client.get(ME, headers=headers)) == "there is more than one Authorization header"


async def test_a_token_in_the_query_is_not_looked_at(entrance: Entrance) -> None:
    assert (await entrance.client.get(ME, params={"access_token": TOKEN, "token": TOKEN})).status_code == 401


async def test_a_token_without_admin_role_does_not_open_what_is_for_administrators(offices: httpx.AsyncClient) -> None:
    as_user = await offices.get("/office", headers=bearer(role="user"))
    as_admin = await offices.get("/office", headers=bearer(role="user,admin"))

    assert (as_user.status_code, as_user.json()) == (403, {"detail": "This needs an administrator"})
    assert (as_admin.status_code, as_admin.json()) == (200, {"subject": "ada"})


async def test_every_route_is_guarded_but_those_that_say_they_are_public(offices: httpx.AsyncClient) -> None:
    assert (await offices.get("/forgotten")).status_code == 401
    assert (await offices.get("/lobby")).status_code == 200


def bearer(**claims: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {token_of({**claims_of('ada'), **claims})}"}


@get("/office", guards=[requires_admin])
async def office(request: Request[Identity, Any, Any]) -> dict[str, str]:
    return {"subject": request.user.subject}


@get("/forgotten")
async def forgotten() -> None: ...


@get("/lobby", opt={"public": True})
async def lobby() -> dict[str, str]:
    return {}


@pytest.fixture
async def offices() -> AsyncGenerator[httpx.AsyncClient]:
    issuer = IssuerSettings(name="shared-secret", kind="shared-secret", secret=Secret(SECRET), admin_roles=("admin",))
    async with open_entrance(AuthSettings(issuers=(issuer,)), office, forgotten, lobby) as entrance:
        yield entrance.client
