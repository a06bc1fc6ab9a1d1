"""A handler's inputs are what its signature declares, and a declaration that cannot hold is refused at registration."""

from collections.abc import AsyncGenerator
from typing import Any, Final

import httpx
import pytest
from litestar import Litestar, Request
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.exceptions import ImproperlyConfiguredException
from litestar.handlers import BaseRouteHandler
from litestar.params import FromQuery

from creatorvault.core.http.dispatch import directly
from creatorvault.core.http.handlers import Operation, get, post
from creatorvault.core.http.inputs import Accepts, Body, Path, Query
from creatorvault.core.http.schemas import RequestModel
from creatorvault.core.parts import STATE_KEY, Parts
from creatorvault.core.waiting.timeouts import Timeouts
from creatorvault.settings.sections import Settings

type AnyRequest = Request[Any, Any, Any]


class Shelf(RequestModel):
    shelf: str


class Book(Shelf):
    book: int


class Title(RequestModel):
    title: str


class Name(RequestModel):
    name: str


async def provide_room(path: Path[Shelf]) -> str:
    """Asks for less than the handlers that use it."""
    return f"the room of {path.shelf}"


def handler(first: object) -> Operation:
    """The one that an application with a single route has."""
    assert isinstance(first, BaseRouteHandler)
    [route] = [route for route in Litestar([first]).routes if route.path.startswith("/books")]
    [found] = [each for each in route.route_handlers if isinstance(each, Operation)]  # type: ignore[union-attr]
    return found


@pytest.mark.parametrize("middleware", [[], [directly]], ids=["injected", "directly"])
async def test_each_function_is_given_what_it_declares(middleware: list[Any]) -> None:
    @post(
        "/books/{shelf:str}/{book:str}",
        middleware=middleware,
        dependencies={"room": Provide(provide_room)},
        status_code=200,
    )
    async def change_book(
        path: Path[Book], asked: Query[Name], given: Body[Title], room: NamedDependency[str]
    ) -> dict[str, object]:
        return {"book": path.book, "name": asked.name, "title": given.title, "room": room}

    app = Litestar([change_book], state=State({STATE_KEY: Parts(Timeouts(), Settings())}))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app),  # type: ignore[arg-type]  # httpx has its own ASGI types
        base_url="http://here",
    ) as client:
        answer = await client.post("/books/old/7?name=n", json={"title": "t"})

    assert answer.json() == {"book": 7, "name": "n", "title": "t", "room": "the room of old"}


async def test_a_handler_can_be_registered_with_two_applications() -> None:
    @get("/books/{shelf:str}", dependencies={"room": Provide(provide_room)})
    async def get_shelf(path: Path[Shelf], room: NamedDependency[str]) -> dict[str, str]:
        return {"shelf": path.shelf, "room": room}

    for app in [Litestar([get_shelf]) for _ in range(2)]:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app),  # type: ignore[arg-type]  # httpx has its own ASGI types
            base_url="http://here",
        ) as client:
            answer = await client.get("/books/old")
        assert answer.json() == {"shelf": "old", "room": "the room of old"}


def test_of_a_model_and_its_subclass_the_subclass_is_read() -> None:
    @get("/books/{shelf:str}/{book:str}", dependencies={"room": Provide(provide_room)})
    async def get_book(path: Path[Book], room: NamedDependency[str]) -> str:
        return room

    assert handler(get_book).declaration.accepts == Accepts(path=Book)


def test_what_only_a_provider_asks_for_is_read_too() -> None:
    @get("/books/{shelf:str}", dependencies={"room": Provide(provide_room)})
    async def get_shelf(room: NamedDependency[str]) -> str:
        return room

    assert handler(get_shelf).declaration.accepts == Accepts(path=Shelf)


async def provide_title(given: Body[Title]) -> str:
    return given.title


@post("/books", dependencies={"title": Provide(provide_title)})
async def asks_for_two_bodies(given: Body[Name], title: NamedDependency[str]) -> str:
    return title


@post("/books", dependencies={"title": Provide(provide_title)})
async def asks_for_two_bodies_by_two_names(written: Body[Name], title: NamedDependency[str]) -> str:
    return title


@post("/books")
async def does_not_say_where(given: Title) -> str:
    return given.title


@post("/books")
async def asks_for_no_model(given: Body[str]) -> str:  # type: ignore[type-var]  # mypy sees it, too
    return given


@get("/books")
async def reads_a_body_that_is_never_sent(given: Body[Title]) -> str:
    return given.title


REFUSED: Final = {
    asks_for_two_bodies: "Name of the body and Title of the body cannot both be accepted",
    asks_for_two_bodies_by_two_names: "Name of the body and Title of the body cannot both be accepted",
    does_not_say_where: "given must be a request model, and say where it is read",
    asks_for_no_model: "given must be a request model, and say where it is read",
    reads_a_body_that_is_never_sent: "a request without a body has none to read",
}


@pytest.mark.parametrize("refused", REFUSED, ids=lambda refused: refused.fn.__name__)
def test_a_declaration_that_cannot_hold_is_refused_at_registration(refused: Operation) -> None:
    with pytest.raises(ImproperlyConfiguredException, match=REFUSED[refused]):
        Litestar([refused])


async def provide_for_a_while() -> AsyncGenerator[str]:
    yield "soon closed"


@pytest.mark.parametrize("provided", [True, False])
async def test_direct_calls_refuse_what_only_litestar_can_give(provided: bool) -> None:
    @get("/books", dependencies={"room": Provide(provide_for_a_while)})
    async def uses_a_generator(room: NamedDependency[str]) -> str:
        return room

    @get("/books")
    async def asks_for_more(number: FromQuery[int]) -> str:
        return str(number)

    operation = handler(uses_a_generator if provided else asks_for_more)
    match = "the provider of room is no coroutine function" if provided else "number has no place in direct calls"
    with pytest.raises(ImproperlyConfiguredException, match=match):
        await directly(Litestar([]))({"type": "http", "route_handler": operation}, no_messages, no_messages)  # type: ignore[arg-type]


async def no_messages(*_: object) -> None: ...
