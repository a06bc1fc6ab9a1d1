"""Behaviour of the edge besides the headers of the contract."""

import gc

import pytest
from litestar.utils.scope.state import ScopeState

from tests.factories import Creator


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("", {"GET", "HEAD", "POST", "OPTIONS"}),
        ("/00000000-0000-0000-0000-000000000000", {"GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"}),
    ],
)
async def test_options_lists_every_method_of_a_path(ada: Creator, path: str, methods: set[str]) -> None:
    answer = await ada.request("OPTIONS", f"{ada.url}{path}")

    assert answer.status_code == 204
    assert set(answer.headers["allow"].split(", ")) == methods


async def test_a_request_is_freed_without_garbage_collection(ada: Creator) -> None:
    await ada.post({"title": "one"})
    gc.collect()
    gc.disable()
    try:
        others = states()  # of requests that other tests have left under way
        await ada.post({"title": "another"})
        await ada.list()
        left = [state for state in states() if not any(state is other for other in others)]
    finally:
        gc.enable()

    assert not left


def states() -> list[ScopeState]:
    return [thing for thing in gc.get_objects() if isinstance(thing, ScopeState)]
