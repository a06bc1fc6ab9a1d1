"""Behaviour of existing clients, and environment variables of existing deployments."""

from collections.abc import Awaitable, Callable

import pytest

from creatorvault.settings.loading import load_settings
from creatorvault.settings.reader import SettingsError
from tests.application import House
from tests.factories import SECRET, Creator, claims_of
from tests.postgres import Database

pytestmark = pytest.mark.no_cover


async def test_a_token_without_issuer_and_audience_is_enough(ada: Creator) -> None:
    assert set(claims_of(ada.user_id)) == {"sub", "user_id", "email", "name", "iat", "exp"}
    assert (await ada.request("GET", "/api/v1/users/me")).status_code == 200


async def test_an_update_by_put_may_leave_fields_out(ada: Creator) -> None:
    idea = await ada.idea(notes="n", tags=["t"])
    answer = await ada.put(idea, {"title": "x", "stage": "draft"})

    assert (answer.status_code, answer.json()["stage"], answer.json()["tags"]) == (200, "draft", [])


async def test_a_complete_idea_may_be_sent_back(ada: Creator) -> None:
    idea = await ada.idea(notes="n", tags=["t"], due_date="2027-01-01T00:00:00Z")
    answer = await ada.put(idea, idea | {"stage": "published"})

    assert answer.json() == idea | {"stage": "published", "updated_at": answer.json()["updated_at"]}


@pytest.mark.parametrize("user_id", ["a b", "ü", "auth0|x", "a@example.org", "a%2Fb", "x" * 255])
async def test_a_subject_of_any_characters_has_a_vault(house: House, user_id: str) -> None:
    creator = house.creator(user_id=user_id)
    path = f"/api/v1/{user_id.replace('%', '%25').replace(' ', '%20')}/ideas"
    answer = await creator.request("POST", path, json={"title": "x"})

    assert answer.status_code == 201, answer.text
    assert answer.json()["user_id"] == user_id
    assert (await creator.client.delete(answer.headers["location"], headers=creator.headers)).status_code == 204


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg", "postgresql+asyncpg"])
@pytest.mark.parametrize("suffix", ["", "&sslmode=prefer", "&sslmode=disable"])
async def test_every_form_of_the_database_address_is_accepted(
    house_with: Callable[..., Awaitable[House]], worker_database: Database, scheme: str, suffix: str
) -> None:
    address = worker_database.runtime_url.removeprefix("postgresql")
    house = await house_with(DATABASE_URL=f"{scheme}{address}{suffix}")

    assert (await house.client.get("/health/db")).status_code == 200


@pytest.mark.parametrize(("name", "value", "path"), [("HOST", "0.0.0.0", "host"), ("PORT", "9000", "port")])
def test_host_and_port_come_from_the_environment(environ: dict[str, str], name: str, value: str, path: str) -> None:
    assert str(getattr(load_settings(environ | {name: value}).server, path)) == value


@pytest.mark.parametrize("level", ["warning", "WARNING"])
def test_the_log_level_comes_from_the_environment(environ: dict[str, str], level: str) -> None:
    assert load_settings(environ | {"LOG_LEVEL": level}).logging.level == "WARNING"


def test_the_shared_secret_comes_from_the_environment(environ: dict[str, str]) -> None:
    (issuer,) = load_settings(environ).auth.issuers

    assert issuer.secret is not None
    assert issuer.secret.reveal() == SECRET


@pytest.mark.parametrize("origins", ["*", "http://localhost:3000,*"])
def test_every_origin_with_credentials_is_refused_at_start_up(environ: dict[str, str], origins: str) -> None:
    with pytest.raises(SettingsError, match=r"\*"):
        load_settings(environ | {"ALLOWED_ORIGINS": origins})
