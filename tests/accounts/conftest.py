"""Issuers whose keys are served on loopback, and an application that trusts them."""

from collections.abc import AsyncGenerator, Mapping

import jwt
import pytest

from creatorvault.settings.secret import Secret
from creatorvault.settings.sections import AuthSettings, IssuerSettings
from tests.accounts.entrance import Entrance, open_entrance
from tests.accounts.key_server import KeyServer
from tests.accounts.signers import ALGORITHMS, AUDIENCE, ISSUER, Signer
from tests.factories import SECRET


@pytest.fixture(scope="session")
def signers() -> Mapping[str, Signer]:
    """One key per algorithm; generating RSA keys is slow."""
    return {algorithm: Signer.generate(algorithm) for algorithm in ALGORITHMS}


@pytest.fixture
def verified(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every token whose signature was verified."""
    checked: list[str] = []
    decode = jwt.decode

    def recording(token: str, *arguments: object, **options: object) -> Mapping[str, object]:
        checked.append(token)
        return decode(token, *arguments, **options)  # type: ignore[arg-type]  # handed through as they came

    monkeypatch.setattr(jwt, "decode", recording)
    return checked


@pytest.fixture
def issuers(key_server: KeyServer) -> tuple[IssuerSettings, ...]:
    return (
        IssuerSettings(name="shared-secret", kind="shared-secret", secret=Secret(SECRET)),
        IssuerSettings(
            name="better-auth",
            kind="jwks",
            issuer=ISSUER,
            audiences=(AUDIENCE,),
            jwks_url=key_server.url,
            algorithms=ALGORITHMS,
            admin_roles=("admin",),
        ),
    )


@pytest.fixture
async def entrance(issuers: tuple[IssuerSettings, ...]) -> AsyncGenerator[Entrance]:
    async with open_entrance(AuthSettings(issuers=issuers)) as entrance:
        yield entrance
