"""Checks of token issuers. Problems that prevent the service from starting are in `settings.rules`."""

from collections import Counter
from collections.abc import Iterator, Sequence

from creatorvault.accounts.issuers import hmac_key
from creatorvault.management.checks import Installation, Message
from creatorvault.settings.origins import spellings
from creatorvault.settings.sections import IssuerSettings


async def issuers_check(installation: Installation) -> list[Message]:
    issuers = installation.settings.auth.issuers
    found = [*_ambiguous(issuers), *(message for issuer in issuers for message in _shared_secret(issuer))]
    return [*found, *_both_kinds(issuers)] if installation.deploy else found


def _ambiguous(issuers: Sequence[IssuerSettings]) -> Iterator[Message]:
    names = Counter(spellings(issuer.issuer)[-1] for issuer in issuers if issuer.kind == "jwks" and issuer.issuer)
    for name, count in names.items():
        if count > 1:
            yield Message(
                "accounts.E001",
                f"{count} issuers have keys for tokens that say iss = {name}.",
                "One issuer has one JWKS address; several keys of it may be live in there.",
            )


def _shared_secret(issuer: IssuerSettings) -> Iterator[Message]:
    if issuer.kind != "shared-secret":
        return
    if issuer.admin_roles:
        yield Message(
            "accounts.W001",
            f"Issuer {issuer.name} has admin roles: who holds its secret can make administrators.",
            "Give admin_roles to issuers with public keys only.",
        )
    if issuer.secret is not None and not _is_secret(issuer.secret.reveal()):
        yield Message(
            "accounts.E002",
            f"The secret of issuer {issuer.name} is a key of another kind: the service cannot start.",
            "A shared secret is random text: openssl rand -base64 48. Public keys come from a JWKS address.",
        )


def _is_secret(text: str) -> bool:
    try:
        hmac_key(text)
    except ValueError:
        return False
    return True


def _both_kinds(issuers: Sequence[IssuerSettings]) -> Iterator[Message]:
    if {issuer.kind for issuer in issuers} == {"shared-secret", "jwks"}:
        yield Message(
            "accounts.W002",
            "Tokens of a shared secret are accepted beside those of an issuer with public keys.",
            "Take BETTER_AUTH_SECRET away once no front end signs its own tokens any more.",
        )
