"""Parts of a process are opened in order and closed in reverse order, even if one of them fails."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

import pytest
from litestar import Litestar
from litestar.datastructures import State

from creatorvault.core.database.sessions import Database
from creatorvault.core.parts import STATE_KEY, Parts, part_of, parts_of
from creatorvault.crypto.parts import CryptoParts
from creatorvault.management.apps import App
from creatorvault.parts import opened_parts
from creatorvault.settings.sections import Settings


class CannotOpen(Exception):
    pass


class CannotClose(Exception):
    pass


@dataclass
class First:
    is_open: bool = True


@dataclass
class Second:
    first: First


type Opener = Callable[[Parts], AbstractAsyncContextManager[object]]


@pytest.fixture
def app(settings: Settings) -> Litestar:
    return Litestar(state=State({STATE_KEY: Parts(settings)}))


@pytest.fixture
def closed() -> list[str]:
    """Names of the parts that were closed, in order."""
    return []


@pytest.fixture
def first(closed: list[str]) -> Opener:
    @asynccontextmanager
    async def opener(_: Parts) -> AsyncGenerator[First]:
        part = First()
        try:
            yield part
        finally:
            part.is_open = False
            closed.append("first")

    return opener


@pytest.fixture
def second(closed: list[str]) -> Opener:
    @asynccontextmanager
    async def opener(parts: Parts) -> AsyncGenerator[Second]:
        part = Second(parts[First])
        try:
            yield part
        finally:
            assert part.first.is_open
            closed.append("second")

    return opener


def cannot_open() -> object:
    raise CannotOpen


@asynccontextmanager
async def broken(_: Parts) -> AsyncGenerator[object]:
    yield cannot_open()


@asynccontextmanager
async def stuck(_: Parts) -> AsyncGenerator[object]:
    yield object()
    raise CannotClose


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def install(*openers: Opener) -> None:
        monkeypatch.setattr("creatorvault.parts.INSTALLED", [App(name="some", parts=openers)])

    return install


async def test_parts_may_use_those_before_them_and_are_closed_in_reverse(
    app: Litestar, installed: Callable[..., None], first: Opener, second: Opener, closed: list[str]
) -> None:
    installed(first, second)

    async with opened_parts(app):
        assert parts_of(app)[Second].first is parts_of(app)[First]
        assert closed == []

    assert closed == ["second", "first"]


async def test_open_parts_are_closed_if_a_later_part_cannot_be_opened(
    app: Litestar, installed: Callable[..., None], first: Opener, second: Opener, closed: list[str]
) -> None:
    installed(first, second, broken)

    with pytest.raises(CannotOpen):
        async with opened_parts(app):
            pytest.fail("it is not open")

    assert closed == ["second", "first"]
    assert parts_of(app).get(Database) is None


async def test_other_parts_are_closed_if_one_fails_to_close(
    app: Litestar, installed: Callable[..., None], first: Opener, closed: list[str]
) -> None:
    installed(first, stuck)

    with pytest.raises(CannotClose):
        async with opened_parts(app):
            pass

    assert closed == ["first"]


async def test_an_application_can_be_opened_again(
    app: Litestar, installed: Callable[..., None], first: Opener, closed: list[str]
) -> None:
    installed(first)

    for _ in range(2):
        async with opened_parts(app):
            assert parts_of(app)[First].is_open

    assert closed == ["first", "first"]


async def test_no_two_parts_have_the_same_type(app: Litestar, installed: Callable[..., None], first: Opener) -> None:
    installed(first, first)

    with pytest.raises(ValueError, match="two parts of the type First"):
        async with opened_parts(app):
            pytest.fail("it is not open")


def test_a_part_that_is_not_open_raises_key_error() -> None:
    with pytest.raises(KeyError, match="First"):
        Parts()[First]


def not_typed(app: Litestar) -> tuple[Database, Database]:
    """Not run: mypy checks that each of these is an error, since it reports a `type: ignore` that ignores nothing."""
    return (
        part_of(app, CryptoParts).keyrng,  # type: ignore[attr-defined]
        part_of(app, CryptoParts).keyring,  # type: ignore[return-value]
    )
