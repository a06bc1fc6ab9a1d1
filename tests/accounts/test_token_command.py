"""`creatorvault token`: development tokens."""

import time
from pathlib import Path
from typing import Any

import jwt
import pytest
from click.testing import CliRunner, Result

from creatorvault.__main__ import root
from creatorvault.accounts.minting import CannotMint, Person, mint_development_token
from creatorvault.accounts.services import build_verifier
from creatorvault.settings.secret import Secret
from creatorvault.settings.sections import AuthSettings, Environment, IssuerSettings, Settings
from tests.factories import SECRET

INTERNAL = IssuerSettings(
    name="internal",
    kind="shared-secret",
    secret=Secret(SECRET),
    issuer="internal",
    audiences=("creatorvault",),
    roles_claim="roles",
    organization_claim="o.id",
    organization_roles_claim="o.rol",
)


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"CREATORVAULT_ENV": "development", "CREATORVAULT_HOME": str(tmp_path), "BETTER_AUTH_SECRET": SECRET}


def run(environ: dict[str, str], *arguments: str) -> Result:
    return CliRunner().invoke(root, ("token", *arguments), env=environ, prog_name="creatorvault")


def claims(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    decoded: dict[str, Any] = jwt.decode(result.output.splitlines()[-1], SECRET, algorithms=["HS256"])
    return decoded


def test_a_token_that_the_service_would_refuse_is_not_printed(environ: dict[str, str]) -> None:
    longest = claims(run(environ, "--user", "ada", "--expires", "86400"))
    refused = run(environ, "--user", "ada", "--expires", "86401")

    assert longest["exp"] - longest["iat"] == 86_400
    assert refused.exit_code == 1
    assert "auth.max_token_seconds" in refused.output


def test_the_last_line_is_a_token_of_one_hour(environ: dict[str, str]) -> None:
    decoded = claims(run(environ, "--user", "ada"))

    assert decoded["exp"] - decoded["iat"] == 3600
    assert abs(decoded["iat"] - time.time()) < 60
    assert {name: value for name, value in decoded.items() if name not in ("iat", "exp")} == {
        "sub": "ada",
        "user_id": "ada",
    }


def test_every_claim_can_be_set_by_an_option(environ: dict[str, str]) -> None:
    decoded = claims(
        run(
            environ,
            *("--user", "ada", "--email", "ada@example.org", "--name", "Ada"),
            *("--role", "user", "--role", "admin", "--org", "acme", "--org-role", "owner", "--expires", "60"),
        )
    )

    assert decoded["exp"] - decoded["iat"] == 60
    assert (decoded["email"], decoded["name"], decoded["role"]) == ("ada@example.org", "Ada", "user,admin")
    assert (decoded["org_id"], decoded["org_role"]) == ("acme", "owner")


def test_without_a_secret_the_one_of_development_is_used(tmp_path: Path) -> None:
    environ = {"CREATORVAULT_ENV": "development", "CREATORVAULT_HOME": str(tmp_path), "BETTER_AUTH_SECRET": ""}

    result = run(environ, "--user", "ada")

    kept = (tmp_path / "secrets" / "better-auth-secret").read_text().strip()
    assert jwt.decode(result.output.splitlines()[-1], kept, algorithms=["HS256"])["sub"] == "ada"


@pytest.mark.parametrize("half", [("--org", "acme"), ("--org-role", "owner")])
def test_an_organization_and_a_role_in_it_go_together(environ: dict[str, str], half: tuple[str, str]) -> None:
    result = run(environ, "--user", "ada", *half)

    assert result.exit_code == 2
    assert "go together" in result.output


@pytest.mark.parametrize("arguments", [(), ("--user", "ada", "--expires", "0"), ("--user", "ada", "--expires", "soon")])
def test_invalid_options_are_refused(environ: dict[str, str], arguments: tuple[str, ...]) -> None:
    assert run(environ, *arguments).exit_code == 2


def test_invalid_settings_are_reported_as_messages(environ: dict[str, str]) -> None:
    result = run(environ | {"BETTER_AUTH_SECRET": "short"}, "--user", "ada")

    assert result.exit_code == 1
    assert "32" in result.output
    assert "Traceback" not in result.output


def test_production_mints_no_tokens() -> None:
    settings = Settings(environment=Environment.PRODUCTION, auth=AuthSettings(issuers=(INTERNAL,)))

    with pytest.raises(CannotMint, match="production"):
        mint_development_token(settings, Person(user_id="ada"))


def test_without_a_shared_secret_no_token_can_be_minted() -> None:
    issuers = (IssuerSettings(name="keys", kind="jwks"), IssuerSettings(name="unset", kind="shared-secret"))

    with pytest.raises(CannotMint, match="BETTER_AUTH_SECRET"):
        mint_development_token(Settings(auth=AuthSettings(issuers=issuers)), Person(user_id="ada"))


async def test_a_token_uses_the_claim_names_of_its_issuer() -> None:
    settings = Settings(auth=AuthSettings(issuers=(INTERNAL,)))
    person = Person(user_id="ada", roles=("user", "editor"), org_id="acme", org_roles=("owner", "admin"))

    identity = await build_verifier(settings.auth).verify(mint_development_token(settings, person))

    assert (identity.issuer, identity.subject, identity.roles) == ("internal", "ada", ("user", "editor"))
    assert (identity.org_id, identity.org_roles) == ("acme", ("owner", "admin"))
