"""Every operation of our OpenAPI document, by every caller, for every id of others: with both locks and with each one.

A scope is disabled after all callers have stored their ideas.
"""

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Final
from uuid import uuid4

import pytest
from _pytest.mark import ParameterSet

from tests.isolation.cast import Cast, Someone, seen
from tests.isolation.designed import (
    ADMIN,
    CALLERS,
    CREATOR,
    ELSEWHERE,
    ERASED,
    ERASING,
    FOREIGN,
    MISSING_OR_FORBIDDEN,
    NEIGHBOUR,
    SUSPENDED,
)
from tests.isolation.locks import Locks
from tests.thoroughness import sampled
from tests.ways import Way, followed

pytestmark = [pytest.mark.no_cover, pytest.mark.own_statements]

DOCUMENT: Final = json.loads((Path(__file__).parents[2] / "docs/openapi.json").read_text(encoding="utf-8"))
OPERATIONS: Final = [f"{method.upper()} {path}" for path, methods in DOCUMENT["paths"].items() for method in methods]
ON_IDEAS: Final = [operation for operation in OPERATIONS if "{idea_id}" in operation]
COLLECTIONS: Final = ("ideas", "ideas/stats", "tags", "trash", "undo", "settings")
ON_COLLECTIONS: Final = [
    operation for operation in OPERATIONS if operation.endswith(tuple(f"{{user_id}}/{name}" for name in COLLECTIONS))
]
IN_A_SNAPSHOT: Final = [operation for operation in ON_IDEAS if "/versions" in operation]
BEGINS_WITH_A_TRANSACTION: Final = (*IN_A_SNAPSHOT, "PATCH /api/v1/{user_id}/settings")
WAYS: Final = {
    **dict.fromkeys(BEGINS_WITH_A_TRANSACTION, (Way.TRANSACTION, Way.TRANSACTION)),
    "POST /api/v1/{user_id}/ideas/{idea_id}/versions/{number}/restore": (Way.BOTH, Way.BOTH),
    "POST /api/v1/{user_id}/undo": (Way.STATEMENT, Way.BOTH),
    "DELETE /api/v1/{user_id}/trash": (Way.STATEMENT, Way.BOTH),
}
"""Of a process that knows the vault, and of one that does not, if it is not a single statement or a transaction."""

ON_TENANTS: Final = [operation for operation in OPERATIONS if "{tenant_id}" in operation]
OWNED: Final = ("", "/members", "/audit")
REFUSED: Final = (SUSPENDED, ERASING, ERASED)
IN_A_VAULT: Final = (CREATOR, ADMIN, *REFUSED)
LOCKS: Final = (Locks.BOTH, Locks.POLICIES, Locks.SCOPE)
SEPARATED: Final = [
    (locks, owner)
    for owner in (FOREIGN, NEIGHBOUR, ELSEWHERE)
    for locks in LOCKS
    if (locks, owner) != (Locks.POLICIES, NEIGHBOUR)  # row-level security separates tenants, not creators of one
]
NO_ONE: Final = "user-00000000-0000-4000-8000-000000000000"
"""An unused user id with the length of those of the tests."""

FILTERS: Final = (
    "",
    "&stage=idea",
    "&stage=idea&priority=medium",
    "&search=private",
    "&tags=private",
    "&cursor=",
    "&updated_from=2026-01-01",
)
QUERIES: Final = [
    f"sort={sort}&order={order}{chosen}"
    for sort, order, chosen in product(
        ("created_at", "updated_at", "priority", "stage", "title", "due_date"), ("asc", "desc"), FILTERS
    )
]
VARIANTS: Final[tuple[dict[str, str], ...]] = (
    {},
    {"If-Match": "*"},
    {"If-None-Match": "*"},
    {"Accept": "application/problem+json"},
)
"""Headers that would change the response for an own idea."""


def test_every_operation_has_a_designed_status() -> None:
    assert set(CALLERS) == set(OPERATIONS)


def test_there_are_more_than_two_hundred_cases() -> None:
    both = [case for case in _cases() if Locks.BOTH in case.values]
    assert sum(map(len, CALLERS.values())) + len(both) >= 200


@pytest.mark.parametrize("locks", LOCKS)
@pytest.mark.parametrize("operation", CALLERS)
async def test_every_caller_gets_the_designed_response(cast: Cast, operation: str) -> None:
    for caller, status in sampled(CALLERS[operation].items(), 0.2):
        if caller in IN_A_VAULT and operation in (*ON_IDEAS, *ON_COLLECTIONS):
            for cold in (False, True):
                await _is_answered_from_a_vault_as_designed(cast, operation, caller, status, cold=cold)
        else:
            await _is_answered_as_designed(cast, operation, caller, status)


async def _is_answered_from_a_vault_as_designed(
    cast: Cast, operation: str, caller: str, status: int, *, cold: bool
) -> None:
    someone = await cast.called(caller, cold=cold)
    with cast.locks():
        with followed() as trail:
            answer = await someone.ask(operation)

        assert answer.status_code == status, (caller, cold, answer.text)
        warm, otherwise = WAYS.get(operation, (Way.STATEMENT, Way.TRANSACTION))
        expected = _refused(operation, cold=cold) if caller in REFUSED else otherwise if cold else warm
        assert trail.way == expected, (caller, cold)
        if caller in REFUSED and operation in ON_IDEAS:
            # An inactive tenant reveals nothing about its content.
            unknown = uuid4()
            reference = await someone.ask(operation, idea_id=unknown)
            assert seen(answer, someone.idea_of(operation)["id"]) == seen(reference, unknown), (caller, cold)


def _refused(operation: str, *, cold: bool) -> Way:
    return Way.TRANSACTION if cold or operation in BEGINS_WITH_A_TRANSACTION else Way.BOTH


async def _is_answered_as_designed(cast: Cast, operation: str, caller: str, status: int) -> None:
    someone = await cast.called(caller, cold=False if caller in REFUSED else None)
    # The ideas are their own; operators act on somebody else's tenant.
    other = await cast.creator() if operation in ON_TENANTS else someone
    with cast.locks():
        answer = await someone.ask(operation, tenant_id=other.tenant_id, user_id=other.user_id)

        assert answer.status_code == status, (caller, answer.text)
        if status in (401, 403) and operation in ON_TENANTS:
            unknown = uuid4()
            assert seen(answer) == seen(await someone.ask(operation, tenant_id=unknown), unknown), caller


@pytest.mark.parametrize("operation", ON_TENANTS)
async def test_a_tenant_that_does_not_exist_is_not_found(cast: Cast, operation: str) -> None:
    needed = next(caller for caller, status in CALLERS[operation].items() if status not in (401, 403))
    unknown = uuid4()
    answer = await (await cast.called(needed)).ask(operation, tenant_id=unknown)

    assert (answer.status_code, answer.json()) == (
        404,
        {"detail": f"Tenant {unknown} not found", "code": "tenant_not_found"},
    )


def _cases() -> Iterator[ParameterSet]:
    for place, statuses in MISSING_OR_FORBIDDEN.items():
        for locks, owner in SEPARATED:
            if owner in statuses:
                for operation in ON_IDEAS:
                    name = f"{operation} {place}, {owner}, {locks}"
                    yield pytest.param(operation, place, owner, statuses[owner], locks, id=name)


@pytest.mark.parametrize(("operation", "place", "owner", "status", "locks"), list(_cases()))
async def test_an_idea_of_another_vault_gives_the_response_of_a_missing_one(
    cast: Cast, operation: str, place: str, owner: str, status: int
) -> None:
    me = await cast.creator()
    other = await _other(cast, owner, me)
    theirs, missing = other.idea_of(operation)["id"], str(uuid4())
    under, nowhere = (other.user_id, NO_ONE) if place == "under its owner's path" else (me.user_id, me.user_id)

    await cast.remember(me, cold=False)
    for cold, headers in sampled(product((False, True), VARIANTS)):
        if cold:
            await cast.remember(me, cold=True)
        with cast.locks():
            with followed() as trail:
                answer = await me.ask(operation, headers, user_id=under, idea_id=theirs)
            reference = await me.ask(operation, headers, user_id=nowhere, idea_id=missing)
        assert answer.status_code == status, answer.text
        assert seen(answer, theirs) == seen(reference, missing)
        assert trail.way == (Way.NONE if status == 403 else _refused(operation, cold=cold))
    assert await other.still_reads() == other.idea


async def _other(cast: Cast, owner: str, me: Someone) -> Someone:
    if owner == FOREIGN:
        return await cast.creator()
    if owner == ELSEWHERE:
        return await cast.creator(user_id=me.user_id)
    return await cast.creator(org_id=me.org_id)


@pytest.mark.parametrize(("locks", "owner"), [pair for pair in SEPARATED if pair[1] != ELSEWHERE])
@pytest.mark.parametrize("operation", ON_COLLECTIONS)
async def test_another_creators_ideas_give_the_response_of_an_unknown_user(
    cast: Cast, operation: str, owner: str
) -> None:
    me = await cast.creator()
    other = await _other(cast, owner, me)
    with cast.locks():
        answer = await me.ask(operation, user_id=other.user_id)
        reference = await me.ask(operation, user_id=NO_ONE)

    assert answer.status_code == 403
    assert seen(answer) == seen(reference)


@pytest.mark.parametrize(("locks", "owner"), SEPARATED)
async def test_a_list_contains_only_ideas_of_the_own_vault(cast: Cast, owner: str) -> None:
    """For every order, filter and search, and any number of ideas of others: they are not in the total."""
    me = await cast.creator()
    other = await _other(cast, owner, me)
    for _ in range(5):
        await other.ask("POST /api/v1/{user_id}/ideas")
    await cast.remember(me, cold=False)
    for cold, query in sampled(product((False, True), QUERIES)):
        if cold:
            await cast.remember(me, cold=True)
        with cast.locks(), followed() as trail:
            answer = await me.ask(f"GET /api/v1/{{user_id}}/ideas?{query}")

        assert answer.status_code == 200, query
        assert [idea["id"] for idea in answer.json()["items"]] == [me.idea["id"]], query
        assert answer.json()["total"] == 1, query
        assert trail.way == (Way.TRANSACTION if cold else Way.STATEMENT), query


@pytest.mark.parametrize("locks", LOCKS)
async def test_an_idempotency_key_of_another_vault_is_unknown(cast: Cast) -> None:
    me, other = await cast.creator(), await cast.creator()
    create, key = "POST /api/v1/{user_id}/ideas", {"Idempotency-Key": str(uuid4())}
    with cast.locks():
        theirs, mine = await other.ask(create, key), await me.ask(create, key)

    assert (theirs.status_code, mine.status_code) == (201, 201)
    assert theirs.json()["id"] != mine.json()["id"]


@pytest.mark.parametrize("locks", LOCKS)
async def test_an_owner_can_view_only_their_own_tenant(cast: Cast) -> None:
    me, _ = await cast.creator(role="owner"), await cast.creator(role="owner")
    with cast.locks():
        tenant, members, events = [(await me.ask(f"GET /api/v1/tenant{path}")).json() for path in OWNED]

    assert (tenant["tenant_id"], tenant["members"], tenant["ideas"]) == (str(me.tenant_id), 1, 1)
    assert [member["user_id"] for member in members["items"]] == [me.user_id]
    assert {event["tenant_id"] for event in events["items"]} == {str(me.tenant_id)}
    assert (members["total"], events["total"]) == (1, 2)


@pytest.mark.parametrize("method", ["GET", "PATCH", "PUT", "DELETE"])
@pytest.mark.parametrize("locks", [Locks.NEITHER])
async def test_without_both_locks_the_matrix_fails(cast: Cast, method: str) -> None:
    """Shows that the matrix tests the locks. Content is unreadable even then: it is sealed for its own vault."""
    me, other = await cast.creator(), await cast.creator()
    for cold in (True, False):
        await cast.remember(me, cold=cold)
        with cast.locks(), followed() as trail:
            answer = await me.ask(f"{method} /api/v1/{{user_id}}/ideas/{{idea_id}}", idea_id=other.idea["id"])

        assert answer.status_code == 500
        assert b"private" not in answer.content
        # What does not open is read once more in a snapshot. A deletion opens nothing.
        warm = Way.STATEMENT if method == "DELETE" else Way.BOTH
        assert trail.way == (Way.TRANSACTION if cold else warm)


@pytest.mark.parametrize("locks", [Locks.NEITHER])
async def test_without_both_locks_a_list_contains_more(cast: Cast) -> None:
    """Except for results from memory."""
    me, _ = await cast.creator(), await cast.creator()
    await cast.remember(me, cold=False)
    for cold, query in sampled(product((False, True), QUERIES)):
        if not cold and any(word in query for word in ("search", "tags", "title", "due", "updated_from")):
            continue
        if cold:
            await cast.remember(me, cold=True)
        with cast.locks():
            answer = await me.ask(f"GET /api/v1/{{user_id}}/ideas?{query}")

        assert answer.status_code == 500 or answer.json()["total"] > 1, (query, cold)


@pytest.mark.parametrize("path", OWNED)
@pytest.mark.parametrize("locks", [Locks.NEITHER])
async def test_without_both_locks_an_owner_sees_more(cast: Cast, path: str) -> None:
    me, other = await cast.creator(role="owner"), await cast.creator()
    with cast.locks():
        answer = await me.ask(f"GET /api/v1/tenant{path}?limit=100")

    assert answer.status_code == 500 or other.user_id in answer.text


def test_creators_are_not_only_refused() -> None:
    assert {statuses[CREATOR] for statuses in CALLERS.values()} >= {200, 201, 204, 403}
