"""Invalid cursors are all refused in the same way, without an alarm."""

from collections.abc import Awaitable, Callable, Iterator
from itertools import product
from typing import Final

import asyncpg
import pytest

from creatorvault.ideas.lists import cursors
from tests.application import House
from tests.factories import Creator
from tests.logs import Logs
from tests.walks import Asked, first_cursor, page_of

REFUSAL: Final = {
    "type": "cursor_invalid",
    "loc": ["query", "cursor"],
    "msg": "The cursor does not belong to this list: start again with an empty cursor",
}


@pytest.mark.parametrize("offset", ["1", "20", str(2**63 - 1)])
@pytest.mark.parametrize("cursor", ["", "anything"])
async def test_an_offset_with_a_cursor_is_refused(ada: Creator, cursor: str, offset: str) -> None:
    answer = await ada.list({"cursor": cursor, "offset": offset})

    assert answer.status_code == 422
    [error] = answer.json()["detail"]
    assert error == {
        "type": "offset_beside_cursor",
        "loc": ["query", "offset"],
        "msg": "Input should be 0 beside a cursor, which says itself where the page begins",
        "input": offset,
    }


async def test_an_offset_of_zero_with_a_cursor_is_accepted(gallery: Creator) -> None:
    assert (await gallery.list({"cursor": "", "offset": "0"})).status_code == 200


def altered(cursor: str) -> Iterator[str]:
    """Yields the cursor with each character replaced, truncated at every position, and extended."""
    for place, character in enumerate(cursor):
        yield cursor[:place] + ("A" if character != "A" else "B") + cursor[place + 1 :]
        yield cursor[:place] + cursor[place + 1 :]
        if place:
            yield cursor[:place]
    yield from (cursor + more for more in ("A", "AAAA", "=", "==", "\n", " ", "é"))
    yield from (cursor.replace("A", sign, 1) for sign in ("+", "/", "%", "\u2028"))


async def test_an_altered_cursor_is_refused(gallery: Creator, logs: Logs) -> None:
    cursor = await first_cursor(gallery)

    for wrong in altered(cursor):
        answer = await gallery.list({"cursor": wrong})
        assert (answer.status_code, answer.json()) == (422, {"detail": [REFUSAL], "code": "validation_failed"}), wrong

    assert (await gallery.list({"cursor": cursor})).status_code == 200
    assert logs.named("alarm") == []


@pytest.mark.parametrize(
    "wrong",
    [
        "x",
        "null",
        "0",
        "created_at",
        "AQEAAAAB",
        "AQEAAAAB" + "A" * 80,
        "AQEAAABj" + "A" * 80,
        "💥",
        "A" * 5000,
        "=" * 4,
    ],
)
@pytest.mark.parametrize("asked", [[], [("search", "moss")]], ids=["rows", "corpus"])
async def test_an_invalid_cursor_is_refused(
    ada: Creator, gallery: Creator, asked: Asked, wrong: str, logs: Logs
) -> None:
    for creator in (ada, gallery):  # one user has stored nothing yet
        answer = await creator.list([*asked, ("cursor", wrong)])
        assert (answer.status_code, answer.json()) == (422, {"detail": [REFUSAL], "code": "validation_failed"})
    assert logs.named("alarm") == []


@pytest.mark.parametrize("raw", ["%00", "a%00b", "%ED%A0%80", "%FF"])
async def test_invalid_text_is_refused_and_not_repeated(gallery: Creator, raw: str) -> None:
    answer = await gallery.request("GET", f"{gallery.url}?cursor={raw}")

    assert answer.status_code == 422
    [error] = answer.json()["detail"]
    assert error["loc"] == ["query", "cursor"]
    assert "input" not in error


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ([], [("order", "asc")]),
        ([], [("sort", "updated_at")]),
        ([("sort", "stage")], [("sort", "priority")]),
        ([("sort", "title")], []),
        ([], [("stage", "idea")]),
        ([("stage", "idea")], [("stage", "draft")]),
        ([("priority", "high")], [("priority", "low"), ("priority", "high")]),
        ([("stage", "idea")], []),
        ([("search", "moss")], [("search", "mos")]),
        ([("search", "moss")], [("search", "moss"), ("tags", "one")]),
        ([("tags", "one")], [("tags", "one,two")]),
        ([("tags", "moss")], [("search", "moss")]),
    ],
)
async def test_a_cursor_of_another_list_is_refused(ada: Creator, logs: Logs, given: Asked, used: Asked) -> None:
    for _ in range(2):
        await ada.idea("moss", tags=["one", "moss"], priority="high")
    cursor = await first_cursor(ada, given)

    answer = await ada.list([*used, ("cursor", cursor)])

    assert (answer.status_code, answer.json()) == (422, {"detail": [REFUSAL], "code": "validation_failed"})
    assert logs.named("alarm") == []


async def test_a_cursor_of_another_creator_is_refused(house: House, ada: Creator, logs: Logs) -> None:
    organization = {"org_id": "acme", "org_role": "member"}
    elsewhere, colleague = house.creator(ada.user_id, organization), house.creator(None, organization)
    everybody = [ada, elsewhere, colleague, house.creator()]
    for creator in everybody:
        for _ in range(2):
            await creator.idea()

    for given, used in product(everybody, everybody):
        answer = await used.list({"cursor": await first_cursor(given)})
        if given is used:
            assert answer.status_code == 200
        else:
            assert (answer.status_code, answer.json()) == (422, {"detail": [REFUSAL], "code": "validation_failed"})
    assert logs.named("alarm") == []


async def test_a_cursor_survives_a_rotation_but_not_a_missing_key(
    house_with: Callable[..., Awaitable[House]], house: House, database: asyncpg.Connection, logs: Logs
) -> None:
    rotating = await house_with(CREATORVAULT_ENCRYPTION__ROTATE_AFTER_REVISIONS="1")
    ada = rotating.creator()
    here = house.creator(ada.user_id)
    ideas = [await ada.idea("First")]
    await page_of(here, [], "", 1)  # this process now has only the first key
    ideas.append(await ada.idea("Second"))
    cursor = await first_cursor(ada)

    in_another_process = await page_of(here, [], cursor, 1)
    await ada.idea("Third")
    under_the_next_key = await page_of(ada, [], cursor, 1)
    # Values of the second key are sealed again, so that only the cursor is lost with it: of the keys of cursors, later
    # ones take over those of the three before.
    for title in ("Second, changed", "and again", "once more"):
        await ada.patch(ideas[1], {"title": title})
    await database.execute("DELETE FROM keys.vault_keys WHERE user_id = $1 AND version = 2", ada.user_id)
    later = (await house_with()).creator(ada.user_id)
    without_the_key = await later.list({"cursor": cursor})

    assert in_another_process["items"] == under_the_next_key["items"] == [ideas[0]]
    assert (without_the_key.status_code, without_the_key.json()) == (
        422,
        {"detail": [REFUSAL], "code": "validation_failed"},
    )
    assert (await later.list({"cursor": ""})).json()["total"] == 3
    assert logs.named("alarm") == []


async def test_a_refusal_is_available_as_problem_details(gallery: Creator) -> None:
    answer = await gallery.list({"cursor": "x"}, headers={"Accept": "application/problem+json"})

    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"] == [REFUSAL]


@pytest.mark.parametrize("stored", [0, 2])
async def test_a_wrong_cursor_is_refused_even_with_a_condition(ada: Creator, stored: int) -> None:
    for _ in range(stored):
        await ada.idea()

    answer = await ada.list({"cursor": "wrong"}, headers={"If-None-Match": "*"})

    assert (answer.status_code, answer.json()) == (422, {"detail": [REFUSAL], "code": "validation_failed"})


@pytest.mark.parametrize(
    ("asked", "rule"),
    [
        ([("search", "moss")], "RULE"),
        ([("sort", "title")], "ORDER"),
        ([("search", "moss"), ("sort", "title")], "ORDER"),
    ],
)
async def test_a_cursor_of_an_earlier_rule_is_refused(
    gallery: Creator, monkeypatch: pytest.MonkeyPatch, asked: Asked, rule: str
) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(cursors, rule, "2/15.1.0")
        cursor = await first_cursor(gallery, asked)
        assert (await gallery.list([*asked, ("cursor", cursor)])).status_code == 200

    answer = await gallery.list([*asked, ("cursor", cursor)])

    assert answer.status_code == 422
    assert answer.json()["detail"] == [REFUSAL]


async def test_a_cursor_by_time_survives_a_change_of_the_rules(
    gallery: Creator, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(cursors, "RULE", "2/15.1.0")
        earlier.setattr(cursors, "ORDER", "0")
        cursor = await first_cursor(gallery)

    assert (await gallery.list([("cursor", cursor)])).status_code == 200
