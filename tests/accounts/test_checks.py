"""Checks of the issuers."""

import pytest

from creatorvault.accounts.checks import issuers_check
from creatorvault.management.checks import Installation, Level
from creatorvault.settings.secret import Secret
from creatorvault.settings.sections import AuthSettings, IssuerSettings, Settings

SHARED = IssuerSettings(name="shared", kind="shared-secret", secret=Secret("0123456789abcdefghijklmnopqrstuv"))
SHARED_ADMINS = IssuerSettings(name="shared", kind="shared-secret", secret=SHARED.secret, admin_roles=("admin",))
PEM = IssuerSettings(
    name="pem", kind="shared-secret", secret=Secret("-----BEGIN PUBLIC KEY-----\nM\n-----END PUBLIC KEY-----")
)
UNSET = IssuerSettings(name="unset", kind="shared-secret")
KEYS = IssuerSettings(name="keys", kind="jwks", issuer="https://auth.example.org", admin_roles=("admin",))
SAME_KEYS = IssuerSettings(name="same", kind="jwks", issuer="HTTPS://auth.example.org:443")
OTHER_KEYS = IssuerSettings(name="others", kind="jwks", issuer="https://other.example.org")


@pytest.mark.parametrize(
    ("issuers", "deploy", "ids"),
    [
        ((SHARED,), True, []),
        ((KEYS,), True, []),
        ((KEYS, OTHER_KEYS), True, []),
        ((KEYS, KEYS), False, ["accounts.E001"]),
        ((KEYS, SAME_KEYS), False, ["accounts.E001"]),
        ((SHARED_ADMINS,), False, ["accounts.W001"]),
        ((PEM,), False, ["accounts.E002"]),
        ((UNSET,), False, []),
        ((SHARED, KEYS), False, []),
        ((SHARED, KEYS), True, ["accounts.W002"]),
        ((), True, []),
    ],
)
async def test_check_reports_issuers_that_are_unsafe_alone_or_together(
    issuers: tuple[IssuerSettings, ...], deploy: bool, ids: list[str]
) -> None:
    settings = Settings(auth=AuthSettings(issuers=issuers))

    messages = await issuers_check(Installation(settings, deploy))

    assert [message.id for message in messages] == ids
    for message in messages:
        assert message.hint
        assert message.level is (Level.ERROR if ".E" in message.id else Level.WARNING)
        assert "0123456789" not in message.text
