"""Any text sent as a token gives an identity or a refusal."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creatorvault.accounts.errors import TokenRefused
from creatorvault.accounts.services import TokenVerifier, build_verifier
from creatorvault.settings.secret import Secret
from creatorvault.settings.sections import AuthSettings, IssuerSettings
from tests.accounts.entrance import without_a_turn
from tests.accounts.signers import SecretSigner, front_end_claims
from tests.factories import SECRET

TEXTS = st.text(st.characters(), max_size=20)  # including lone surrogates and NUL
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3))
IN_HEADERS = ("alg", "kid", "typ", "crit", "b64", "jwk", "jku", "x5c", "zip", "cty", "enc")
IN_CLAIMS = ("sub", "exp", "iat", "nbf", "iss", "aud", "jti", "role", "banned", "email", "name", "org_id", "org_role")
NAMES = st.sampled_from((*IN_HEADERS, *IN_CLAIMS))
MEMBERS = st.dictionaries(NAMES | TEXTS, VALUES, max_size=5)


@pytest.fixture(scope="module")
def verifier() -> TokenVerifier:
    issuer = IssuerSettings(name="shared-secret", kind="shared-secret", secret=Secret(SECRET))
    return build_verifier(AuthSettings(issuers=(issuer,)))


def judged(verifier: TokenVerifier, text: str) -> None:
    try:
        identity = without_a_turn(verifier.verify(text))
    except TokenRefused as refusal:
        refusal.reason.encode("ascii")
    else:
        identity.subject.encode()


@given(header=MEMBERS, claims=MEMBERS)
def test_well_signed_tokens_with_any_content(verifier: TokenVerifier, header: dict[str, Any], claims: Any) -> None:
    token = SecretSigner(SECRET.encode()).sign(
        {**front_end_claims(), **claims}, {"alg": "HS256", "typ": "JWT", **header}
    )

    judged(verifier, token)


@given(text=st.text(st.characters(max_codepoint=255)) | st.from_regex(r"[\w-]+\.[\w-]+\.[\w-]*", fullmatch=True))
def test_any_text(verifier: TokenVerifier, text: str) -> None:
    judged(verifier, text)
