"""A 412 response carries the version that is stored, so that a client can merge without another request."""

import httpx
import pytest

from tests.application import House
from tests.canaries import Mark
from tests.factories import Creator, Idea
from tests.history.undoing import restore, revert
from tests.logs import Logs

CANARY = Mark.new().text
STALE = {"If-Match": '"0000000000000001"'}


@pytest.fixture
def ada(house: House) -> Creator:
    return house.creator()


def conflict(answer: httpx.Response, idea: Idea, tag: str) -> None:
    assert answer.status_code == 412, answer.text
    body = answer.json()
    assert (body["code"], body["current"]) == ("precondition_failed", idea)
    assert answer.headers["ETag"] == tag
    assert answer.headers["Cache-Control"] == "no-store"


async def test_it_is_the_current_version(ada: Creator, logs: Logs) -> None:
    idea = (await ada.patch(await ada.idea(CANARY, notes=CANARY, tags=[CANARY]), {"stage": "draft"})).json()
    tag = (await ada.get(idea)).headers["ETag"]

    conflict(await ada.patch(idea, {"title": "Mine"}, headers=STALE), idea, tag)
    conflict(await ada.put(idea, {"title": "Mine"}, headers=STALE), idea, tag)
    conflict(await ada.delete(idea, headers=STALE), idea, tag)
    conflict(await restore(ada, idea, headers=STALE), idea, tag)
    conflict(await revert(ada, idea, 1, headers=STALE), idea, tag)

    assert CANARY not in str(logs.events)
    assert (await ada.patch(idea, {"title": "Mine"}, headers={"If-Match": tag})).status_code == 200


async def test_of_an_idea_in_the_trash_it_is_the_deleted_one(ada: Creator) -> None:
    idea = await ada.idea()
    tag = (await ada.get(idea)).headers["ETag"]
    await ada.delete(idea)

    conflict(await restore(ada, idea, headers=STALE), idea, tag)


async def test_problem_details_carry_it_too(ada: Creator) -> None:
    idea = await ada.idea()

    answer = await ada.patch(idea, {"title": "Mine"}, headers={**STALE, "Accept": "application/problem+json"})

    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (answer.json()["status"], answer.json()["current"]) == (412, idea)
