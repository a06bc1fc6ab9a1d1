"""The settings in force: complete, and without a secret."""

import json
from collections.abc import Awaitable, Callable

import asyncpg
import msgspec

from creatorvault.figures.schemas import SettingResponse
from creatorvault.figures.settings_in_force import in_force
from creatorvault.settings.reader import variables
from creatorvault.settings.sections import Settings
from tests.admin.operators import appointed
from tests.application import House, settings_of

SECRET = "sEcReT-0123456789-abcdefghijklmnopqrstuvwxyz"
PASSWORD = "pAsSwOrD"
ISSUERS = [
    {"name": "one", "kind": "shared-secret", "secret_variable": "ONE", "realm": "r"},
    {"name": "two", "kind": "jwks", "issuer": "https://a", "audiences": ["https://a"], "algorithms": ["EdDSA"],
     "jwks_url": f"https://keys.example/jwks?key={PASSWORD}"},
]  # fmt: skip
ENVIRON = {
    "CREATORVAULT_ENV": "development",
    "DATABASE_URL": f"postgresql://app:{PASSWORD}@one.example:6543,two.example/vault?sslmode=require",
    "DATABASE_OPERATOR_URL": f"postgresql:///vault?host=/run/postgresql&user=staff&password={PASSWORD}",
    "BETTER_AUTH_SECRET": SECRET,
    "ONE": SECRET,
    "CREATORVAULT_AUTH__ISSUERS": json.dumps(ISSUERS),
    "CREATORVAULT_ENCRYPTION__PSEUDONYM_KEY": SECRET,
    "CREATORVAULT_ENCRYPTION__TRANSIT_URL": "https://vault.example:8200",
    "CREATORVAULT_ENCRYPTION__TRANSIT_TOKEN": SECRET,
    "CREATORVAULT_METRICS__TOKEN": SECRET,
    "CREATORVAULT_LIMITS__STORAGE_URL": f"rediss://user:{PASSWORD}@limits.example:6380/1",
    "CREATORVAULT_LIMITS__GROUPS": '[{"name": "admin", "reads": 7}]',
    "ALLOWED_ORIGINS": "https://one.example,https://two.example",
    "CREATORVAULT_SERVER__BEHIND_TLS": "true",
}


def by_name(environ: dict[str, str]) -> dict[str, SettingResponse]:
    found = in_force(settings_of(environ))
    assert len({setting.name for setting in found}) == len(found)
    return {setting.name: setting for setting in found}


def test_every_setting_is_shown_with_its_variable() -> None:
    found = by_name({})

    assert found.keys() == {".".join(path) for _, path in variables(Settings)}
    assert {name for name, setting in found.items() if not setting.is_default} == set()
    assert found["server.port"] == SettingResponse(
        name="server.port",
        value="8000",
        is_default=True,
        is_secret=False,
        variable="PORT",
        documented_in="docs/operations/settings.md",
    )
    assert found["search.segments"].variable == "CREATORVAULT_SEARCH__SEGMENTS"


def test_no_secret_is_shown() -> None:
    settings = settings_of(ENVIRON)
    shown = msgspec.json.encode(in_force(settings)).decode()

    assert SECRET not in shown
    assert PASSWORD not in shown
    found = by_name(ENVIRON)
    for name in ("metrics.token", "encryption.transit_token", "encryption.pseudonym_key", "auth.issuers[0].secret"):
        assert (found[name].value, found[name].is_secret, found[name].is_default) == ("********", True, False), name
    assert (found["encryption.root_keys"].value, found["encryption.root_keys"].is_secret) == (None, True)


def test_addresses_are_shown_without_passwords() -> None:
    found = {name: setting.value for name, setting in by_name(ENVIRON).items()}

    assert (
        found["database.url"]
        == found["database.owner_url"]
        == "postgresql://app@one.example:6543,two.example:5432/vault"
    )
    assert found["database.operator_url"] == "postgresql://staff@/run/postgresql:5432/vault"
    assert found["limits.storage_url"] == "valkeys://limits.example:6380/1"
    assert found["encryption.transit_url"] == "https://vault.example:8200"
    assert found["auth.issuers[1].jwks_url"] == "https://keys.example/jwks"


def test_entries_of_lists_are_shown_one_by_one() -> None:
    found = by_name(ENVIRON)

    assert found["auth.issuers[1].kind"].value == "jwks"
    assert found["auth.issuers[1].kind"].documented_in == "docs/better-auth.md"
    assert (found["auth.issuers[0].realm"].is_default, found["auth.issuers[1].realm"].is_default) == (False, True)
    assert found["limits.groups[0].reads"].value == "7"
    assert found["limits.groups[0].reads"].variable is None
    assert found["server.allowed_origins"].value == "https://one.example, https://two.example"
    assert (found["server.behind_tls"].value, found["server.behind_tls"].is_default) == ("true", False)
    assert found["database.owner_url"].is_default


async def test_they_are_those_of_the_process(
    house_with: Callable[..., Awaitable[House]], database: asyncpg.Connection
) -> None:
    house = await house_with(CREATORVAULT_SEARCH__FULL_READS="3")

    found = await (await appointed(database, house.client, "read")).get("/configuration")

    [reads] = [setting for setting in found["items"] if setting["name"] == "search.full_reads"]
    assert (reads["value"], reads["is_default"]) == ("3", False)


async def test_vault_settings_of_a_creator_named_admin_are_others(house: House) -> None:
    answer = await house.creator("admin").request("GET", "/api/v1/admin/settings")

    assert (answer.status_code, "retention_days" in answer.json()) == (200, True)
