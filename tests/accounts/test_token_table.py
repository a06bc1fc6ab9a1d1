"""A table of accepted and refused tokens, with the response to each."""

import json
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any, Final, NamedTuple

import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from creatorvault.settings.secret import Secret
from creatorvault.settings.sections import AuthSettings, IssuerSettings
from tests.accounts.entrance import Entrance, open_entrance, refusal
from tests.accounts.key_server import KeyServer
from tests.accounts.signers import (
    ALGORITHMS,
    AUDIENCE,
    ISSUER,
    FromNow,
    SecretSigner,
    Signer,
    base64url,
    better_auth_claims,
    compact,
    front_end_claims,
)
from tests.factories import SECRET

LET_IN: Final = None
NOT_A_JWT: Final = "this is not a signed JWT"
BAD_SIGNATURE: Final = "the signature does not match"
BAD_ALGORITHM: Final = "the token is signed with an algorithm that its issuer may not use"
UNKNOWN_KEY: Final = "the key that signed the token is not one that its issuer publishes"
TOO_LONG: Final = "the token is valid for longer than 86400 seconds"
NO_TIME: Final = "the claim iat is out of range"
UNKNOWN_ISSUER: Final = "the token is from an issuer that is not accepted here"
OTHER_AUDIENCE: Final = "the token is for another audience"
EXPIRED: Final = "the token has expired"
NOT_YET: Final = "the token is not valid yet"
MALFORMED: Final = "the token is malformed"
TWICE: Final = "the token holds a name twice"
NO_EXTENSIONS: Final = "the token demands extensions that are not supported"
OTHER_TYPE: Final = "the token is of another type than JWT"

SHARED: Final = SecretSigner(SECRET.encode())
INTERNAL: Final = SecretSigner(b"the-secret-of-the-internal-issuer-012345")
KEYS: Final[Mapping[str, Signer]] = {algorithm: Signer.generate(algorithm) for algorithm in ALGORITHMS}
ED: Final = KEYS["EdDSA"]
ATTACKER: Final = Signer.generate("EdDSA", ED.kid)


class Row(NamedTuple):
    what: str
    token: Callable[[], str]
    refused_for: str | None


def now() -> int:
    """The time when the token is created, which may be long after collection."""
    return int(time.time())


def better_auth(what: str, refused_for: str | None, **claims: Any) -> Row:
    return Row(what, lambda: ED.sign(better_auth_claims(**claims)), refused_for)


def front_end(what: str, refused_for: str | None, **claims: Any) -> Row:
    return Row(what, lambda: SHARED.sign(front_end_claims(**claims)), refused_for)


def headed(what: str, refused_for: str | None, **header: Any) -> Row:
    """A valid token except for its header; `...` omits a member."""
    whole = {"alg": "EdDSA", "kid": ED.kid, **header}
    kept = {name: value for name, value in whole.items() if value is not ...}
    return Row(what, lambda: ED.sign(better_auth_claims(), kept), refused_for)


def public_pem(signer: Signer) -> bytes:
    public_key = signer.private_key.public_key()
    return bytes(public_key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))


def hmac_with(key: bytes, header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
    algorithm = jwt.get_algorithm_by_name("HS256")
    return compact(header, claims, lambda message: algorithm.sign(message, key))


def as_is(text: str) -> str:
    return text


def spliced(good: str, **parts: bytes) -> str:
    header, claims, signature = good.encode().split(b".")
    kept = {"header": header, "claims": claims, "signature": signature, **parts}
    return b".".join((kept["header"], kept["claims"], kept["signature"])).decode()


def raw_claims(extra: str) -> str:
    return json.dumps(front_end_claims())[:-1] + f", {extra}}}"


ACCEPTED: Final = [
    *(
        Row(f"Better Auth with {name}", lambda key=key: key.sign(better_auth_claims()), LET_IN)  # type: ignore[misc]
        for name, key in KEYS.items()
    ),
    front_end("today's front end", LET_IN),
    headed("a header that says JWT", LET_IN, typ="JWT"),
    headed("a header that says jwt", LET_IN, typ="jwt"),
    headed("a header that says the whole media type", LET_IN, typ="application/jwt"),
    better_auth("an audience list that holds ours", LET_IN, aud=["https://other.example.org", AUDIENCE]),
    better_auth("fractions of seconds", LET_IN, iat=FromNow(0.25), exp=FromNow(900.75)),
    better_auth("expired 20 s ago, within the leeway", LET_IN, exp=FromNow(-20)),
    better_auth("valid for the longest time there is", LET_IN, iat=FromNow(-82_800), exp=FromNow(3600)),
    better_auth("issued 20 s ahead, within the leeway", LET_IN, iat=FromNow(20), nbf=FromNow(20)),
    better_auth("a user id of 255 characters", LET_IN, sub="é" * 255),
    better_auth("no name, no email", LET_IN, name=None, email=...),
    better_auth("not banned", LET_IN, banned=False, banReason=None, banExpires=None, role="user"),
    better_auth("banned unknown", LET_IN, banned=None),
    better_auth("claims nobody knows", LET_IN, **{"https://example.org/x": {"deep": [1, None]}}),
    better_auth("an organization with a role", LET_IN, org_id="acme", org_role="owner"),
    Row(
        "a shared secret with issuer and audience of its own",
        lambda: INTERNAL.sign(front_end_claims(iss="internal", aud="creatorvault")),
        LET_IN,
    ),
    headed("a key in the header, which nobody looks at", LET_IN, jwk=ATTACKER.jwk(), x5c=["MIIB"]),
    headed("addresses of keys, which nobody follows", LET_IN, jku="http://127.0.0.1:9/jwks", x5u="http://127.0.0.1:9/"),
]

ALGORITHM_AND_KEY: Final = [
    Row("no signature", lambda: ED.sign(better_auth_claims(), {"alg": "none"}).rpartition(".")[0] + ".", BAD_ALGORITHM),
    Row("none, capitalised", lambda: ED.sign(better_auth_claims(), {"alg": "nOnE", "kid": ED.kid}), BAD_ALGORITHM),
    Row("none without an issuer", lambda: SHARED.sign(front_end_claims(), {"alg": "none"}), BAD_ALGORITHM),
    *(
        Row(
            f"the {name} public key as HS256 secret",
            lambda key=key: hmac_with(public_pem(key), {"alg": "HS256", "kid": key.kid}, better_auth_claims()),  # type: ignore[misc]
            BAD_ALGORITHM,
        )
        for name, key in KEYS.items()
    ),
    Row(
        "a public key as HS256 secret, without an issuer",
        lambda: hmac_with(public_pem(KEYS["RS256"]), {"alg": "HS256"}, better_auth_claims(iss=..., aud=...)),
        BAD_SIGNATURE,
    ),
    Row("our secret for Better Auth's issuer", lambda: SHARED.sign(better_auth_claims()), BAD_ALGORITHM),
    Row("another secret", lambda: SecretSigner(b"x" * 32).sign(front_end_claims()), BAD_SIGNATURE),
    Row("an empty secret", lambda: SecretSigner(b"").sign(front_end_claims()), BAD_SIGNATURE),
    Row(
        "HS512 with the right secret",
        lambda: jwt.encode(front_end_claims(), SECRET.ljust(64, "0"), "HS512"),
        BAD_ALGORITHM,
    ),
    Row("an attacker's key under a known id", lambda: ATTACKER.sign(better_auth_claims()), BAD_SIGNATURE),
    Row(
        "an attacker's key in the header",
        lambda: ATTACKER.sign(better_auth_claims(), {"alg": "EdDSA", "kid": ED.kid, "jwk": ATTACKER.jwk()}),
        BAD_SIGNATURE,
    ),
    Row(
        "an attacker's key, and its address",
        lambda: ATTACKER.sign(better_auth_claims(), {"alg": "EdDSA", "kid": "evil", "jku": "http://127.0.0.1:9/jwks"}),
        UNKNOWN_KEY,
    ),
    headed("an unknown key id", UNKNOWN_KEY, kid="nobody"),
    headed("a key id that is a path", UNKNOWN_KEY, kid="../../dev/null"),
    headed("a key id that is SQL", UNKNOWN_KEY, kid="' or 1=1 --"),
    headed("a key id with a lone surrogate", UNKNOWN_KEY, kid="\ud800"),
    headed("an empty key id", UNKNOWN_KEY, kid=""),
    headed("no key id", "the token does not name the key that signed it (kid)", kid=...),
    headed("a key id that is a number", "kid is not text", kid=1),
    headed("ES256 over an Ed25519 key", UNKNOWN_KEY, alg="ES256"),
    headed("RS256 named for a PS256 key", UNKNOWN_KEY, alg="RS256", kid="PS256-key"),
    headed("an algorithm nobody allowed", BAD_ALGORITHM, alg="ES384"),
    headed("a key id of 4,000 characters", UNKNOWN_KEY, kid="k" * 4000),
    headed("a key id with NUL", UNKNOWN_KEY, kid=f"{ED.kid}\0"),
    headed("no algorithm", BAD_ALGORITHM, alg=...),
    headed("an algorithm that is a list", "alg is not text", alg=["EdDSA"]),
    headed("an algorithm in lower case", BAD_ALGORITHM, alg="eddsa"),
]

HEADER: Final = [
    headed("critical extensions", NO_EXTENSIONS, crit=["exp"], exp=1),
    headed("critical, empty", NO_EXTENSIONS, crit=[]),
    headed("critical, null", NO_EXTENSIONS, crit=None),
    headed("an unencoded payload", NO_EXTENSIONS, b64=False, crit=["b64"]),
    headed("an unencoded payload, not critical", MALFORMED, b64=False),
    headed("an access token's type", OTHER_TYPE, typ="at+jwt"),
    headed("a type that begins like ours", OTHER_TYPE, typ="jwt+at"),
    headed("a type behind two prefixes", OTHER_TYPE, typ="application/application/jwt"),
    headed("a type that is a number", OTHER_TYPE, typ=7),
    headed("a type that is null", OTHER_TYPE, typ=None),
    Row("alg twice", lambda: ED.sign(better_auth_claims(), f'{{"alg":"none","alg":"EdDSA","kid":"{ED.kid}"}}'), TWICE),
    Row("kid twice", lambda: ED.sign(better_auth_claims(), f'{{"alg":"EdDSA","kid":"x","kid":"{ED.kid}"}}'), TWICE),
    Row(
        "a header that is a list",
        lambda: ED.sign(better_auth_claims(), "[]"),
        "the header of the token is not a JSON object",
    ),
    Row(
        "a header that is no JSON", lambda: ED.sign(better_auth_claims(), "{alg"), "the header of the token is not JSON"
    ),
]

CLAIMS: Final = [
    better_auth("expired", EXPIRED, exp=FromNow(-3600)),
    better_auth("expired just past the leeway", EXPIRED, exp=FromNow(-31)),
    better_auth("expired in the year 1", EXPIRED, exp=-62_135_596_800),
    better_auth("no expiry", "the claim exp is missing", exp=...),
    better_auth("expiry null", "the claim exp is missing", exp=None),
    better_auth("expiry as text", "the claim exp is not a number", exp="9999999999"),
    better_auth("expiry as other text", MALFORMED, exp="tomorrow"),
    better_auth("expiry true", EXPIRED, exp=True),
    better_auth("expiry beyond the calendar", "the claim exp is out of range", exp=10**15),
    better_auth("expiry of 400 digits", "the claim exp is out of range", exp=10**400),
    better_auth("expiry -1e400", EXPIRED, exp=-(10**400)),
    front_end("issued in the future", NOT_YET, iat=FromNow(3600)),
    front_end("issued in 400 digits", NOT_YET, iat=10**400),
    front_end("issued before time began", NO_TIME, iat=-(10**400)),
    front_end("issued before time began, in fractions", NO_TIME, iat=-1.7e308, exp=FromNow(0.5)),
    front_end("issued in 1970", TOO_LONG, iat=0),
    front_end("valid for a second too long", TOO_LONG, iat=FromNow(-82_801), exp=FromNow(3600)),
    better_auth("valid for a year", TOO_LONG, exp=FromNow(31_536_000)),
    better_auth("valid for a year, issued in the future", NOT_YET, iat=FromNow(31_535_100), exp=FromNow(31_536_000)),
    front_end("valid from 400 digits", NOT_YET, nbf=10**400),
    front_end("not issued", "the claim iat is missing", iat=...),
    front_end("issued true", "the claim iat is not a number", iat=True),
    front_end("issued as text", "the claim iat is not a number", iat="1"),
    front_end("issued as a list", MALFORMED, iat=[1]),
    front_end("valid from tomorrow", NOT_YET, nbf=FromNow(86_400)),
    front_end("valid from true", "the claim nbf is not a number", nbf=True),
    front_end("valid from text", MALFORMED, nbf="now"),
    front_end("no user", "the claim sub is missing", sub=...),
    front_end("a user that is null", "the claim sub is missing", sub=None),
    front_end("an empty user", "the claim sub is empty", sub=""),
    front_end("a user that is a number", "the claim sub is not text", sub=7),
    front_end("a user that is true", "the claim sub is not text", sub=True),
    front_end("a user that is a list", "the claim sub is not text", sub=["ada"]),
    front_end("a user id of 256 characters", "the claim sub is longer than 255 characters", sub="a" * 256),
    front_end("NUL in the user id", "the claim sub holds characters that cannot be stored", sub="ada\0"),
    front_end("a lone surrogate in the user id", "the claim sub holds characters that cannot be stored", sub="\udc80"),
    front_end("a lone surrogate in the name", "the claim name holds characters that cannot be stored", name="\ud800"),
    front_end("NUL in the email", "the claim email holds characters that cannot be stored", email="a\0@b"),
    front_end("an email that is a number", "the claim email is not text", email=7),
    front_end("a role that is a number", "the claim role is not text", role=1),
    front_end("a role list that holds a number", "the claim role is not text", role=["user", 1]),
    front_end("an organization that is a number", "the claim org_id is not text", org_id=5, org_role="owner"),
    front_end(
        "an organization of 256 characters",
        "the claim org_id is longer than 255 characters",
        org_id="a" * 256,
        org_role="owner",
    ),
    front_end("banned", "the user is banned", banned=True),
    better_auth("banned at Better Auth", "the user is banned", banned=True, banReason="spam", banExpires=None),
    front_end("banned as text", "the claim banned is neither true nor false", banned="true"),
    front_end("banned as a number", "the claim banned is neither true nor false", banned=1),
    better_auth("no issuer", BAD_ALGORITHM, iss=...),
    better_auth("another issuer", UNKNOWN_ISSUER, iss="https://evil.example.org"),
    better_auth("our issuer and a slash", UNKNOWN_ISSUER, iss=f"{ISSUER}/"),
    better_auth("an issuer that is a list", "iss is not text", iss=[ISSUER]),
    front_end("the shared secret for an unknown issuer", UNKNOWN_ISSUER, iss="https://evil.example.org"),
    better_auth("no audience", "the claim aud is missing", aud=...),
    better_auth("an empty audience", "the claim aud is missing", aud=""),
    better_auth("another audience", OTHER_AUDIENCE, aud="https://other.example.org"),
    better_auth("an audience that is our issuer", OTHER_AUDIENCE, aud=ISSUER),
    better_auth("an audience that is a number", OTHER_AUDIENCE, aud=7),
    better_auth("an audience list with a number", OTHER_AUDIENCE, aud=[AUDIENCE, 7]),
    front_end("an audience where none is configured", OTHER_AUDIENCE, aud="someone"),
    Row(
        "an internal token without its audience",
        lambda: INTERNAL.sign(front_end_claims(iss="internal")),
        "the claim aud is missing",
    ),
    Row(
        "an internal token without its issuer",
        lambda: INTERNAL.sign(front_end_claims(aud="creatorvault")),
        BAD_SIGNATURE,
    ),
    front_end("a token id that is a number", MALFORMED, jti=7),
    Row("a claim twice", lambda: SHARED.sign(raw_claims('"sub": "eve"')), TWICE),
    Row("a claim twice, deep inside", lambda: SHARED.sign(raw_claims('"o": {"id": "a", "id": "b"}')), TWICE),
    Row(
        "a claim that is NaN",
        lambda: SHARED.sign(raw_claims('"x": NaN')),
        "the token holds a number that JSON does not know",
    ),
    Row("expiry 1e999", lambda: SHARED.sign('{"sub": "ada", "iat": 1, "exp": 1e999}'), MALFORMED),
    Row("issued 1e999", lambda: SHARED.sign(f'{{"sub": "ada", "iat": 1e999, "exp": {now() + 9000}}}'), MALFORMED),
    Row(
        "valid from 1e999",
        lambda: SHARED.sign(f'{{"sub": "ada", "iat": 1, "nbf": 1e999, "exp": {now() + 9000}}}'),
        MALFORMED,
    ),
    Row("the issuer twice", lambda: ED.sign(json.dumps(better_auth_claims())[:-1] + ', "iss": "x"}'), TWICE),
    Row("the audience twice", lambda: ED.sign(json.dumps(better_auth_claims())[:-1] + ', "aud": "x"}'), TWICE),
    better_auth("a lone surrogate in the issuer", UNKNOWN_ISSUER, iss=f"{ISSUER}\ud800"),
    better_auth("NUL in the issuer", UNKNOWN_ISSUER, iss=f"{ISSUER}\0"),
    better_auth("a lone surrogate in the audience", OTHER_AUDIENCE, aud=f"{AUDIENCE}\ud800"),
    front_end("a lone surrogate in a claim nobody reads", LET_IN, x="\ud800"),
    Row("claims that are a list", lambda: SHARED.sign("[]"), "the claims set of the token is not a JSON object"),
    Row("claims that are no JSON", lambda: SHARED.sign("sub=ada"), "the claims set of the token is not JSON"),
    Row("claims in 5,000 brackets", lambda: SHARED.sign("[" * 5000), "the claims set of the token is not JSON"),
    Row(
        "a number of 5,000 digits",
        lambda: SHARED.sign(raw_claims(f'"x": {"9" * 5000}')),
        "the claims set of the token is not JSON",
    ),
]

BETTER_AUTH_OTHERS: Final = [
    Row("a session token", lambda: as_is("kXfI8q0f0T3p5wB2cV9yR1mZ7sU4eG6h"), NOT_A_JWT),
    Row(
        "a signed session cookie",
        lambda: as_is("kXfI8q0f0T3p5wB2cV9yR1mZ7sU4eG6h.3q2%2B7w%2Fh0f5N4kE1v9Qx8Zt6Yb2Uc7Lm0Rj3Ps5Dg1A%3D"),
        NOT_A_JWT,
    ),
    Row(
        "an encrypted session cookie",
        lambda: as_is("eyJhbGciOiJkaXIifQ..aXY.Y3Q.dGFn"),
        NOT_A_JWT,
    ),
    Row(
        "a session cached in a cookie",
        lambda: SHARED.sign({"session": {"userId": "ada"}, "user": {"id": "ada"}, "iat": now(), "exp": now() + 300}),
        "the claim sub is missing",
    ),
    Row(
        "a session cached in a cookie, signed with the published key",
        lambda: ED.sign(
            better_auth_claims(aud="better-auth:session-cache", session={"userId": "ada"}, sid="kXfI8q0f0T3p5wB2"),
            {"alg": "EdDSA", "kid": ED.kid, "typ": "better-auth.session-cache+jwt"},
        ),
        OTHER_TYPE,
    ),
    Row(
        "a link to verify an email",
        lambda: SHARED.sign({"email": "ada@example.org", "iat": now(), "exp": now() + 3600}),
        "the claim sub is missing",
    ),
    Row(
        "a token that tells another client of a logout",
        lambda: ED.sign(
            better_auth_claims(aud="client-id", events={"http://schemas.openid.net/event/backchannel-logout": {}}),
            {"alg": "EdDSA", "kid": ED.kid, "typ": "logout+jwt"},
        ),
        OTHER_TYPE,
    ),
    better_auth("an id token under the whole address", UNKNOWN_ISSUER, iss=f"{ISSUER}/api/auth", aud="client-id"),
    better_auth("an id token of another client", OTHER_AUDIENCE, aud="client-id", nonce="n", auth_time=1),
]

TEXT: Final = [
    Row("nonsense", lambda: as_is("nonsense"), NOT_A_JWT),
    Row("two words", lambda: f"{SHARED.sign(front_end_claims())} x", NOT_A_JWT),
    Row("three dots", lambda: as_is("..."), NOT_A_JWT),
    Row("letters beyond ASCII", lambda: as_is("é.é.é"), NOT_A_JWT),
    Row("padding", lambda: f"{SHARED.sign(front_end_claims())}=", NOT_A_JWT),
    Row(
        "a short signature",
        lambda: spliced(SHARED.sign(front_end_claims()), signature=base64url(bytes(16))),
        BAD_SIGNATURE,
    ),
    Row("a signature cut to a length that base64 has not", lambda: SHARED.sign(front_end_claims())[:-2], MALFORMED),
    Row("an empty signature", lambda: spliced(SHARED.sign(front_end_claims()), signature=b""), BAD_SIGNATURE),
    Row(
        "claims exchanged after signing",
        lambda: spliced(
            SHARED.sign(front_end_claims()), claims=base64url(json.dumps(front_end_claims(sub="eve")).encode())
        ),
        BAD_SIGNATURE,
    ),
    Row(
        "claims in UTF-16",
        lambda: spliced(
            SHARED.sign(front_end_claims()), claims=base64url(json.dumps(front_end_claims()).encode("utf-16"))
        ),
        "the claims set of the token is not JSON",
    ),
    Row("just over 8 KiB", lambda: SHARED.sign(front_end_claims(x="x" * 8192)), "the token is longer than 8192 bytes"),
    Row("100 kB", lambda: SHARED.sign(front_end_claims(x="x" * 100_000)), "the token is longer than 8192 bytes"),
]

TABLE: Final = [*ACCEPTED, *ALGORITHM_AND_KEY, *HEADER, *CLAIMS, *BETTER_AUTH_OTHERS, *TEXT]
REFUSED: Final = [row for row in TABLE if row.refused_for is not LET_IN]


@pytest.fixture(scope="session")
async def door() -> AsyncGenerator[Entrance]:
    server = KeyServer()
    server.keys = [signer.jwk() for signer in KEYS.values()]
    await server.start()
    better_auth_issuer = IssuerSettings(
        name="better-auth",
        kind="jwks",
        issuer=ISSUER,
        audiences=(AUDIENCE,),
        jwks_url=server.url,
        algorithms=ALGORITHMS,
    )
    internal = IssuerSettings(
        name="internal",
        kind="shared-secret",
        secret=Secret(INTERNAL.secret.decode()),
        issuer="internal",
        audiences=("creatorvault",),
    )
    shared = IssuerSettings(name="shared-secret", kind="shared-secret", secret=Secret(SECRET))
    async with open_entrance(AuthSettings(issuers=(shared, better_auth_issuer, internal))) as entrance:
        yield entrance
    await server.stop()


@pytest.mark.parametrize("row", TABLE, ids=[row.what for row in TABLE])
async def test_a_token_is_accepted_or_refused_with_the_listed_reason(door: Entrance, row: Row) -> None:
    token = row.token()

    first, second = await door.enter(token), await door.enter(token)

    assert (first.status_code, first.text) == (second.status_code, second.text)
    if row.refused_for is LET_IN:
        assert first.status_code == 200, first.text
        assert first.json()["authenticated"] is True
    else:
        assert refusal(first).startswith(row.refused_for)


@pytest.mark.parametrize("row", REFUSED, ids=[row.what for row in REFUSED])
async def test_a_refusal_contains_no_part_of_the_token(door: Entrance, row: Row) -> None:
    token = row.token()

    answer = await door.enter(token)

    assert answer.status_code == 401
    assert not any(part in answer.text for part in token.split(".") if len(part) > 3)
    for private in ("ada", "evil", "other.example.org", "spam", "nobody"):
        assert private not in answer.text


def test_the_table_has_many_rows_with_distinct_names() -> None:
    names = [row.what for row in TABLE]

    assert len(set(names)) == len(names) >= 60
    assert len(REFUSED) >= 60
    assert len(TABLE) - len(REFUSED) >= len(ACCEPTED)
