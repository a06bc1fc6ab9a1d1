"""People who sign up at a real Better Auth and keep their ideas here."""

import httpx
import jwt

from tests.accounts.entrance import ME, refusal
from tests.application import House
from tests.better_auth.conftest import Serving, Start
from tests.better_auth.driver import BetterAuth
from tests.factories import SECRET, claims_of, token_of


async def enter(house: House, token: str) -> httpx.Response:
    return await house.client.get(ME, headers={"Authorization": f"Bearer {token}"})


async def test_somebody_signs_up_fetches_a_token_and_keeps_an_idea(better_auth: BetterAuth, serving: Serving) -> None:
    house, ada = await serving(better_auth), await better_auth.sign_up()
    headers, ideas = {"Authorization": f"Bearer {await ada.token()}"}, f"/api/v1/{ada.user_id}/ideas"

    created = await house.client.post(ideas, json={"title": "Bread at home"}, headers=headers)
    listed = await house.client.get(ideas, headers=headers)

    assert created.status_code == 201, created.text
    assert listed.json()["items"] == [created.json()]


async def test_the_profile_tells_what_better_auth_knows(better_auth: BetterAuth, serving: Serving) -> None:
    house, ada = await serving(better_auth), await better_auth.sign_up("Ada Lovelace")
    token = await ada.token()

    profile = (await enter(house, token)).json()

    assert (profile["user_id"], profile["email"], profile["name"]) == (ada.user_id, ada.email, "Ada Lovelace")
    assert profile["roles"] == ["user"]
    assert jwt.get_unverified_header(token)["alg"] == better_auth.algorithm


async def test_the_active_organization_and_the_role_in_it_come_along(better_auth: BetterAuth, serving: Serving) -> None:
    house, ada = await serving(better_auth), await better_auth.sign_up()
    verifier = house.app.state.verifier
    alone = await verifier.verify(await ada.token())
    body = {"name": "Acme", "slug": f"acme-{ada.user_id.lower()}"}
    organization = (await better_auth.post("/api/auth/organization/create", body, ada.session_token)).json()["id"]

    together = await verifier.verify(await ada.token())

    assert (alone.org_id, alone.org_roles) == (None, ())
    assert (together.org_id, together.org_roles) == (organization, ("owner",))


async def test_a_session_token_is_refused_with_what_to_do_instead(better_auth: BetterAuth, serving: Serving) -> None:
    house, ada = await serving(better_auth), await better_auth.sign_up()

    for session_token in (ada.session_token, ada.session_token.partition(".")[0]):
        assert "GET /api/auth/token" in refusal(await enter(house, session_token))


async def test_a_banned_user_gets_no_further_token_and_the_last_one_runs_out(
    better_auth: BetterAuth, serving: Serving
) -> None:
    house, eve, admin = await serving(better_auth), await better_auth.sign_up("Eve"), await better_auth.sign_up("Root")
    await better_auth.operate("make-admin", admin)
    last = await eve.token()

    await better_auth.post("/api/auth/admin/ban-user", {"userId": eve.user_id}, admin.session_token)

    assert (await better_auth.get("/api/auth/token", eve.session_token)).status_code == 401
    assert (await enter(house, last)).status_code == 200


async def test_a_token_that_says_banned_is_refused(better_auth: BetterAuth, serving: Serving) -> None:
    house, eve = await serving(better_auth), await better_auth.sign_up("Eve")
    await better_auth.operate("mark-banned", eve)

    assert refusal(await enter(house, await eve.token())) == "the user is banned"


async def test_a_vault_is_kept_when_a_deployment_moves_from_the_shared_secret(
    better_auth: BetterAuth, serving: Serving
) -> None:
    house, ada = await serving(better_auth, BETTER_AUTH_SECRET=SECRET), await better_auth.sign_up()
    before, after = token_of(claims_of(ada.user_id)), await ada.token()
    ideas = f"/api/v1/{ada.user_id}/ideas"

    created = await house.client.post(ideas, json={"title": "Kept"}, headers={"Authorization": f"Bearer {before}"})
    listed = await house.client.get(ideas, headers={"Authorization": f"Bearer {after}"})

    assert listed.json()["items"] == [created.json()]


async def test_an_audience_of_its_own_is_set_on_both_sides(better_auth_with: Start, serving: Serving) -> None:
    better_auth = better_auth_with("EdDSA", audience="https://api.example.org")
    token = await (await better_auth.sign_up()).token()

    on_one_side = await enter(await serving(better_auth), token)
    on_both = await enter(await serving(better_auth, BETTER_AUTH_AUDIENCE="https://api.example.org"), token)

    assert "BETTER_AUTH_AUDIENCE" in refusal(on_one_side)
    assert on_both.status_code == 200


async def test_an_algorithm_is_believed_only_where_it_is_listed(better_auth: BetterAuth, serving: Serving) -> None:
    others = ",".join({"EdDSA", "ES256"} - {better_auth.algorithm})
    house, token = (
        await serving(better_auth, BETTER_AUTH_ALGORITHMS=others),
        await (await better_auth.sign_up()).token(),
    )

    assert "algorithm" in refusal(await enter(house, token))
