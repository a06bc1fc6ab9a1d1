"""The header with the token, and the routes behind the guard."""

from collections.abc import AsyncGenerator

import httpx
import pytest
from litestar import get

from creatorvault.settings.secret import Secret
from creatorvault.settings.sections import AuthSettings, IssuerSettings
from tests.accounts.entrance import ME, Entrance, open_entrance, refusal
from tests.factories import SECRET, claims_of, token_of

TOKEN = "<token>"
"""Placeholder for a token that is minted when the test begins."""


def minted(text: str) -> str:
    return text.replace(TOKEN, token_of(claims_of("ada")))


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
async def test_a_request_without_a_bearer_token_is_not_authenticated(
    entrance: Entrance, headers: list[tuple[str, str]]
) -> None:
    answer = await entrance.client.get(ME, headers=[(name, minted(value)) for name, value in headers])

    assert answer.json() == {"detail": "Not authenticated", "code": "not_authenticated"}
    assert refusal(answer) == "Not authenticated"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer  "])
async def test_the_scheme_may_be_written_in_any_case(entrance: Entrance, scheme: str) -> None:
    answer = await entrance.client.get(ME, headers={"authorization": minted(f"{scheme} {TOKEN}")})

    assert answer.status_code == 200


async def test_two_tokens_in_one_request_are_refused(entrance: Entrance) -> None:
    headers = [("Authorization", minted(f"Bearer {TOKEN}")), ("authorization", f"Bearer {token_of(claims_of('eve'))}")]

    assert refusal(await entrance.client.get(ME, headers=headers)) == "there is more than one Authorization header"


async def test_a_token_in_the_query_is_ignored(entrance: Entrance) -> None:
    token = minted(TOKEN)

    assert (await entrance.client.get(ME, params={"access_token": token, "token": token})).status_code == 401


async def test_every_route_is_guarded_unless_it_is_declared_public(doors: httpx.AsyncClient) -> None:
    assert (await doors.get("/forgotten")).status_code == 401
    assert (await doors.get("/lobby")).status_code == 200


@get("/forgotten")
async def forgotten() -> None: ...


@get("/lobby", opt={"public": True})
async def lobby() -> dict[str, str]:
    return {}


@pytest.fixture
async def doors() -> AsyncGenerator[httpx.AsyncClient]:
    issuer = IssuerSettings(name="shared-secret", kind="shared-secret", secret=Secret(SECRET))
    async with open_entrance(AuthSettings(issuers=(issuer,)), forgotten, lobby) as entrance:
        yield entrance.client
