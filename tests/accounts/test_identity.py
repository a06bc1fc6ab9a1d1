"""The identity in a verified token."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creatorvault.accounts.claims import identity_from
from creatorvault.accounts.errors import TokenRefused
from creatorvault.accounts.identity import Identity
from creatorvault.settings.sections import IssuerSettings

ISSUER = IssuerSettings(name="better-auth", kind="jwks", realm="people", admin_roles=("admin", "Root"))


def identity(issuer: IssuerSettings = ISSUER, **claims: Any) -> Identity:
    return identity_from({"sub": "ada", "iat": 1, "exp": 2, **claims}, issuer)


def test_a_minimal_token_gives_an_identity_without_roles() -> None:
    assert identity(email="ada@example.org", name="Ada") == Identity(
        realm="people",
        issuer="better-auth",
        subject="ada",  # type: ignore[arg-type]  # written out for the reader
        email="ada@example.org",
        name="Ada",
        roles=(),
        org_id=None,
        org_roles=(),
        is_admin=False,
        issued_at=datetime.fromtimestamp(1, UTC),
        expires_at=datetime.fromtimestamp(2, UTC),
    )


@pytest.mark.parametrize(
    ("claim", "roles"),
    [
        (None, ()),
        ("", ()),
        (" , ,", ()),
        ("user", ("user",)),
        ("user,admin", ("user", "admin")),
        (" user , admin ,user", ("user", "admin")),
        (["user", "admin,editor"], ("user", "admin", "editor")),
        ([], ()),
    ],
)
def test_roles_are_split_and_trimmed(claim: object, roles: tuple[str, ...]) -> None:
    assert identity(role=claim).roles == roles


@pytest.mark.parametrize(
    ("role", "is_admin"),
    [
        ("admin", True),
        ("user, admin", True),
        ("Root", True),
        ("Admin", False),
        ("root", False),
        ("administrator", False),
        ("admin;user", False),
        ("ａｄｍｉｎ", False),
        ("", False),
    ],
)
def test_an_administrator_role_must_match_exactly(role: str, is_admin: bool) -> None:
    assert identity(role=role).is_admin is is_admin


def test_without_admin_roles_nobody_is_an_administrator() -> None:
    assert not identity(IssuerSettings(name="shared-secret", kind="shared-secret"), role="admin,").is_admin


@pytest.mark.parametrize(
    ("claims", "organization"),
    [
        ({"org_id": "acme", "org_role": "owner"}, ("acme", ("owner",))),
        ({"org_id": "acme", "org_role": "owner, editor"}, ("acme", ("owner", "editor"))),
        ({"org_id": "acme"}, (None, ())),
        ({"org_id": "acme", "org_role": None}, (None, ())),
        ({"org_id": "acme", "org_role": ""}, (None, ())),
        ({"org_id": "acme", "org_role": " , "}, (None, ())),
        ({"org_id": "acme", "org_role": []}, (None, ())),
        ({"org_id": "", "org_role": "owner"}, (None, ())),
        ({"org_id": None, "org_role": "owner"}, (None, ())),
        ({"org_role": "owner"}, (None, ())),
    ],
)
def test_an_organization_counts_only_with_a_role_in_it(
    claims: dict[str, Any], organization: tuple[str | None, tuple[str, ...]]
) -> None:
    found = identity(**claims)

    assert (found.org_id, found.org_roles) == organization


def test_the_organization_claim_may_be_nested_and_have_any_name() -> None:
    issuer = IssuerSettings(
        name="clerk",
        kind="jwks",
        roles_claim="https://example.org/roles",
        organization_claim="o.id",
        organization_roles_claim="o.rol",
        admin_roles=("admin",),
    )

    found = identity(issuer, **{"https://example.org/roles": ["admin"], "o": {"id": "acme", "rol": "owner"}})

    assert (found.org_id, found.org_roles, found.is_admin) == ("acme", ("owner",), True)


@pytest.mark.parametrize("o", [None, "acme", ["id", "acme"], {"ID": "acme"}, {"id": None}])
def test_a_claim_path_that_does_not_exist_gives_no_organization(o: object) -> None:
    issuer = IssuerSettings(name="clerk", kind="jwks", organization_claim="o.id")

    assert identity(issuer, o=o, org_role="owner").org_id is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=5), children, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(["sub", "iat", "nbf", "exp", "email", "name", "role", "org_id", "org_role", "banned"])


@given(st.dictionaries(names, json_values))
def test_any_claims_give_an_identity_or_a_refusal(claims: dict[str, Any]) -> None:
    try:
        found = identity(**claims)
    except TokenRefused:
        return
    assert 1 <= len(found.subject) <= 255
    assert bool(found.org_id) == bool(found.org_roles)
    texts = [found.subject, found.email, found.name, found.org_id, *found.roles, *found.org_roles]
    assert all("\0" not in text.encode().decode() for text in texts if text is not None)
