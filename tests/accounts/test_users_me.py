"""`GET /api/v1/users/me`: the claims that the service reads from a token."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import pytest

from tests.accounts.entrance import ME
from tests.factories import Creator


async def test_the_published_fields_are_there(ada: Creator) -> None:
    profile = (await ada.request("GET", ME)).json()

    assert (profile["user_id"], profile["authenticated"]) == (ada.user_id, True)


async def test_the_response_contains_identity_and_expiry(creator: Callable[..., Creator]) -> None:
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=2)
    claims = {"email": "grace@example.org", "name": "Grace", "role": "user, editor", "exp": int(until.timestamp())}

    profile = (await creator(claims=claims).request("GET", ME)).json()

    assert {name: profile[name] for name in ("email", "name", "roles", "expires_at")} == {
        "email": "grace@example.org",
        "name": "Grace",
        "roles": ["user", "editor"],
        "expires_at": f"{until:%Y-%m-%dT%H:%M:%SZ}",
    }


@pytest.mark.parametrize(
    ("claims", "shown"),
    [
        ({"email": None, "name": None}, {"email": None, "name": None, "roles": []}),
        ({"role": None, "banned": None}, {"email": "ada@example.org", "name": "Ada", "roles": []}),
        ({"role": ""}, {"email": "ada@example.org", "name": "Ada", "roles": []}),
    ],
)
async def test_missing_claims_are_null_in_the_response(
    creator: Callable[..., Creator], claims: Mapping[str, object], shown: Mapping[str, object]
) -> None:
    answer = await creator(claims=claims).request("GET", ME)

    assert answer.status_code == 200
    assert {name: answer.json()[name] for name in shown} == shown


async def test_the_tenant_is_the_organizations_or_the_personal_one(creator: Callable[..., Creator]) -> None:
    alone = creator()
    at_work = [creator(user_id=alone.user_id, claims={"org_id": "org-1", "org_role": role}) for role in ("a", "b")]
    other = creator(claims={"org_id": "org-1", "org_role": "member"})

    mine, *ours = [(await who.request("GET", ME)).json()["tenant_id"] for who in (alone, *at_work, other)]

    assert len(set(ours)) == 1
    assert mine not in ours
