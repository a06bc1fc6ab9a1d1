"""Users of a real Better Auth who store their ideas here."""

from collections.abc import Awaitable, Callable

import jwt
import pytest

from tests.accounts.entrance import refusal
from tests.application import House
from tests.better_auth.conftest import Opening, Start
from tests.better_auth.driver import BetterAuth
from tests.factories import SECRET, claims_of, token_of

pytestmark = pytest.mark.no_cover


async def test_a_user_keeps_their_ideas_when_migrating_from_a_shared_secret(
    better_auth: BetterAuth, house_with: Callable[..., Awaitable[House]]
) -> None:
    house, ada = await house_with(**better_auth.environ, BETTER_AUTH_SECRET=SECRET), await better_auth.sign_up()
    before = {"Authorization": f"Bearer {token_of(claims_of(ada.user_id))}"}
    after = {"Authorization": f"Bearer {await ada.token()}"}
    ideas = f"/api/v1/{ada.user_id}/ideas"

    first = await house.client.post(ideas, json={"title": "Bread at home"}, headers=before)
    second = await house.client.post(ideas, json={"title": "Bread for sale"}, headers=after)
    listed = await house.client.get(ideas, headers=after)

    assert (first.status_code, second.status_code) == (201, 201)
    assert listed.json()["items"] == [second.json(), first.json()]


async def test_a_token_identifies_the_user(better_auth: BetterAuth, opening: Opening) -> None:
    entrance, ada = await opening(better_auth), await better_auth.sign_up("Ada Lovelace")
    token = await ada.token()

    profile = (await entrance.enter(token)).json()

    assert (profile["user_id"], profile["email"], profile["name"]) == (ada.user_id, ada.email, "Ada Lovelace")
    assert profile["roles"] == ["user"]
    assert jwt.get_unverified_header(token)["alg"] == better_auth.algorithm


async def test_a_token_contains_the_active_organization_and_role(better_auth: BetterAuth, opening: Opening) -> None:
    verifier, ada = (await opening(better_auth)).verifier, await better_auth.sign_up()
    alone = await verifier.verify(await ada.token())
    body = {"name": "Acme", "slug": f"acme-{ada.user_id.lower()}"}
    organization = (await better_auth.post("/api/auth/organization/create", body, ada.session_token)).json()["id"]

    together = await verifier.verify(await ada.token())

    assert (alone.org_id, alone.org_roles) == (None, ())
    assert (together.org_id, together.org_roles) == (organization, ("owner",))


async def test_a_session_token_is_refused_with_a_hint(better_auth: BetterAuth, opening: Opening) -> None:
    entrance, ada = await opening(better_auth), await better_auth.sign_up()

    for session_token in (ada.session_token, ada.session_token.partition(".")[0]):
        assert "GET /api/auth/token" in refusal(await entrance.enter(session_token))


async def test_a_cached_session_signed_by_a_published_key_is_refused(better_auth_with: Start, opening: Opening) -> None:
    better_auth = better_auth_with("EdDSA", session_cache="keys")
    entrance, ada = await opening(better_auth), await better_auth.sign_up()
    claims = jwt.decode(ada.cached_session, options={"verify_signature": False})

    assert jwt.get_unverified_header(ada.cached_session)["kid"] in await better_auth.published_keys()
    assert (claims["iss"], claims["sub"]) == (better_auth.url, ada.user_id)
    assert "GET /api/auth/token" in refusal(await entrance.enter(ada.cached_session))


async def test_a_cached_session_signed_by_the_shared_secret_is_refused(
    better_auth_with: Start, opening: Opening
) -> None:
    better_auth = better_auth_with("EdDSA", session_cache="secret")
    entrance, ada = await opening(better_auth, BETTER_AUTH_SECRET=better_auth.secret), await better_auth.sign_up()

    assert jwt.decode(ada.cached_session, better_auth.secret, algorithms=["HS256"])["user"]["id"] == ada.user_id
    assert refusal(await entrance.enter(ada.cached_session)) == "the claim sub is missing"


async def test_an_id_token_for_another_application_is_refused(better_auth: BetterAuth, opening: Opening) -> None:
    """The issuer of an id token is Better Auth's whole URL, unless the jwt plugin has another."""
    entrance, ada = await opening(better_auth), await better_auth.sign_up()

    refusals = [
        refusal(await entrance.enter(await ada.id_token(issuer)))
        for issuer in (f"{better_auth.url}/api/auth", better_auth.url)
    ]

    assert refusals[0] == "the token is from an issuer that is not accepted here"
    assert refusals[1].startswith("the token is for another audience")


async def test_a_banned_user_gets_no_new_token_and_the_last_one_expires(
    better_auth: BetterAuth, opening: Opening
) -> None:
    entrance, eve, admin = (
        await opening(better_auth),
        await better_auth.sign_up("Eve"),
        await better_auth.sign_up("Root"),
    )
    await better_auth.operate("make-admin", admin)
    last = await eve.token()

    await better_auth.post("/api/auth/admin/ban-user", {"userId": eve.user_id}, admin.session_token)

    assert (await better_auth.get("/api/auth/token", eve.session_token)).status_code == 401
    assert await entrance.status(last) == 200


async def test_a_token_of_a_banned_user_is_refused(better_auth: BetterAuth, opening: Opening) -> None:
    entrance, eve = await opening(better_auth), await better_auth.sign_up("Eve")
    await better_auth.operate("mark-banned", eve)

    assert refusal(await entrance.enter(await eve.token())) == "the user is banned"


async def test_a_custom_audience_is_configured_on_both_sides(better_auth_with: Start, opening: Opening) -> None:
    better_auth = better_auth_with("EdDSA", audience="https://api.example.org")
    token = await (await better_auth.sign_up()).token()

    on_one_side = await opening(better_auth)
    on_both = await opening(better_auth, BETTER_AUTH_AUDIENCE="https://api.example.org")

    assert "BETTER_AUTH_AUDIENCE" in refusal(await on_one_side.enter(token))
    assert await on_both.status(token) == 200


async def test_an_algorithm_is_accepted_only_if_it_is_listed(better_auth: BetterAuth, opening: Opening) -> None:
    others = ",".join({"EdDSA", "ES256"} - {better_auth.algorithm})
    entrance, ada = await opening(better_auth, BETTER_AUTH_ALGORITHMS=others), await better_auth.sign_up()

    assert "algorithm" in refusal(await entrance.enter(await ada.token()))
