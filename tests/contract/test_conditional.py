"""ETag, If-Match and If-None-Match (RFC 9110 §8.8.3 and §13.1)."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import pytest

from tests.application import PATIENT, House
from tests.factories import Creator, Parameters

pytestmark = pytest.mark.no_cover


async def test_a_change_gives_an_idea_a_new_tag(ada: Creator) -> None:
    created = await ada.post({"title": "One"})
    read = await ada.get(created.json())
    changed = await ada.patch(created.json(), {"title": "Two"})

    assert read.headers["ETag"] == created.headers["ETag"]
    assert changed.headers["ETag"] != created.headers["ETag"]


@pytest.mark.parametrize("weak", ["", "W/"], ids=["strong", "weak"])
async def test_a_client_with_the_current_version_gets_304(ada: Creator, weak: str) -> None:
    created = await ada.post({"title": "One"})

    answer = await ada.get(created.json(), headers={"If-None-Match": f'"other", {weak}{created.headers["ETag"]}'})

    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["ETag"] == created.headers["ETag"]
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("header", ['"other"', "unquoted", ""])
async def test_a_client_with_another_version_gets_the_idea(ada: Creator, header: str) -> None:
    idea = await ada.idea()

    assert (await ada.get(idea, headers={"If-None-Match": header})).json() == idea


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"search": "one"},
        {"tags": "x"},
        {"sort": "title"},
        {"stage": "draft"},
        {"has_due": "false"},
        {"sort": "due_date"},
        {"fields": "tags"},
    ],
)
async def test_a_list_is_304_until_the_vault_changes(ada: Creator, parameters: dict[str, str]) -> None:
    await ada.idea("One")
    tag = (await ada.list(parameters)).headers["ETag"]

    unchanged = await ada.list(parameters, headers={"If-None-Match": tag})
    await ada.idea("Two")
    changed = await ada.list(parameters, headers={"If-None-Match": tag})

    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert changed.status_code == 200
    assert changed.headers["ETag"] != tag


OTHERS: Final[Sequence[Parameters]] = (
    {},
    {"limit": 5},
    {"search": "a"},
    {"sort": "due_date"},
    {"fields": "tags"},
    {"ids": ""},
    {"has_due": "true"},
    *({name: "2026-01-01"} for name in ("due_from", "due_to", "created_from", "created_to", "updated_from")),
)


async def test_another_query_has_another_tag(ada: Creator) -> None:
    await ada.idea()

    tags = [(await ada.list(parameters)).headers["ETag"] for parameters in OTHERS]

    assert len(set(tags)) == len(OTHERS)


async def test_an_empty_vault_has_a_tag(ada: Creator) -> None:
    tag = (await ada.list()).headers["ETag"]

    assert (await ada.list(headers={"If-None-Match": tag})).status_code == 304


@pytest.mark.parametrize("header", ['"stale"', 'W/"stale"', '"stale", W/"older"', '"-gzip"', "unquoted", ""])
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_a_change_of_another_version_is_refused(ada: Creator, method: str, header: str) -> None:
    idea = await ada.idea()

    refused = await ada.request(method, ada.url_of(idea), json={"title": "Lost"}, headers={"If-Match": header})

    assert refused.status_code == 412
    assert "If-Match" in refused.json()["detail"]
    assert (await ada.get(idea)).json() == idea


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_a_change_of_the_current_version_succeeds(ada: Creator, method: str) -> None:
    for header in ("*", None):
        created = await ada.post({"title": "One"})
        condition = {"If-Match": header or created.headers["ETag"]}
        done = await ada.request(method, ada.url_of(created.json()), json={"title": "Two"}, headers=condition)

        assert done.status_code == (204 if method == "DELETE" else 200)


def as_marked(tag: str) -> list[str]:
    """Returns the tag as modified by nginx, Apache and Jetty, and in a list."""
    name = tag.strip('"')
    marked = [f'"{name}{mark}"' for mark in ("-gzip", "-br", "-zstd", "--gzip")]
    return [f"W/{tag}", f'"stale", W/{tag}', f'  {tag}  ,\t"stale"', *marked, f'W/"{name}-gzip"']


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_a_tag_modified_by_a_proxy_names_the_same_version(ada: Creator, method: str) -> None:
    for spelling in range(len(as_marked('"1"'))):
        created = await ada.post({"title": "One"})
        condition = {"If-Match": as_marked(created.headers["ETag"])[spelling]}
        done = await ada.request(method, ada.url_of(created.json()), json={"title": "x"}, headers=condition)

        assert done.is_success, f"{condition}: {done.text}"


async def test_a_modified_tag_of_an_older_version_changes_nothing(ada: Creator) -> None:
    created = await ada.post({"title": "One"})
    await ada.patch(created.json(), {"title": "Two"})
    for stale in as_marked(created.headers["ETag"]):
        refused = await ada.patch(created.json(), {"title": "Lost"}, headers={"If-Match": stale})

        assert refused.status_code == 412, stale
    assert (await ada.get(created.json())).json()["title"] == "Two"


async def test_conditions_may_be_in_several_header_lines(ada: Creator) -> None:
    created = await ada.post({"title": "One"})
    lines = [("If-Match", '"stale"'), ("If-Match", f"W/{created.headers['ETag']}")]
    answer = await ada.client.patch(
        ada.url_of(created.json()), json={"title": "Two"}, headers=[*ada.headers.items(), *lines]
    )
    unchanged = [("If-None-Match", '"stale"'), ("If-None-Match", answer.headers["ETag"])]
    read = await ada.client.get(ada.url_of(created.json()), headers=[*ada.headers.items(), *unchanged])

    assert (answer.status_code, read.status_code) == (200, 304)


async def test_a_modified_tag_names_the_page_that_was_read(ada: Creator) -> None:
    await ada.idea("One")
    for parameters in ({}, {"cursor": ""}, {"search": "one"}, {"cursor": "", "limit": "1"}):
        for tag in as_marked((await ada.list(parameters)).headers["ETag"]):
            again = await ada.list(parameters, headers={"If-None-Match": tag})
            assert again.status_code == 304, (parameters, tag)


async def test_a_missing_idea_is_404_regardless_of_the_condition(ada: Creator) -> None:
    gone = await ada.idea()
    await ada.delete(gone)

    assert (await ada.patch(gone, {"title": "x"}, headers={"If-Match": "*"})).status_code == 404


@pytest.fixture
async def patient(house_with: Callable[..., Awaitable[House]]) -> Creator:
    return (await house_with(**PATIENT)).creator()


async def test_of_fifty_writers_of_one_version_one_succeeds(patient: Creator) -> None:
    created = await patient.post({"title": "Version 0"})
    idea, tag, kept = created.json(), created.headers["ETag"], []

    for turn in range(3):
        bodies = [{"title": f"{turn}-{writer}"} for writer in range(50)]
        answers = await asyncio.gather(*(patient.patch(idea, body, headers={"If-Match": tag}) for body in bodies))
        winners = [answer for answer in answers if answer.status_code == 200]
        assert len(winners) == 1
        assert {answer.status_code for answer in answers} == {200, 412}
        kept.append(winners[0].json()["title"])
        tag = winners[0].headers["ETag"]

    assert (await patient.get(idea)).json()["title"] == kept[-1]


async def test_fifty_writers_that_retry_lose_no_changes(patient: Creator) -> None:
    created = await patient.post({"title": "Shared", "notes": ""})
    idea, attempts = created.json(), Counter[tuple[str, int]]()

    async def add(line: str) -> None:
        """Appends to the notes that were read, so that overwriting a concurrent change would lose it."""
        while True:
            seen = await patient.get(idea)
            body = {"notes": f"{seen.json()['notes']}{line}\n"}
            answer = await patient.patch(idea, body, headers={"If-Match": seen.headers["ETag"]})
            attempts[seen.headers["ETag"], answer.status_code] += 1
            if answer.status_code == 200:
                return
            assert answer.status_code == 412

    lines = [f"line {number}" for number in range(50)]
    await asyncio.gather(*map(add, lines))

    written = (await patient.get(idea)).json()["notes"].splitlines()
    assert sorted(written) == sorted(lines)
    versions = {tag for tag, _ in attempts}
    assert [attempts[tag, 200] for tag in versions] == [1] * 50
