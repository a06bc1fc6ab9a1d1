"""Every kind of tampering and every kind of request gives an alert, the right result, or a documented limit."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

import asyncpg
import pytest

from creatorvault.ideas import reader as vault_reader
from tests.application import House, open_house
from tests.factories import Creator
from tests.ideas.tampered_vaults import ASKED, Seen, TamperedVault
from tests.ideas.tampering_matrix import (
    ALIKE,
    CODES,
    EXPECTED,
    FROM_SEGMENTS,
    LIMITS,
    LOGGED,
    MISSED,
    OF_ROWS,
    OPERATIONS,
    RIGHT,
    TAMPERINGS,
)
from tests.logs import Logs
from tests.postgres import Database
from tests.thoroughness import sampled
from tests.ways import vault_of

pytestmark = pytest.mark.no_cover

DOCUMENT: Final = (Path(__file__).parents[2] / "docs" / "encryption.md").read_text(encoding="utf-8")
WRITES: Final = ("change", "create", "delete")
"""Operations that consist of a single write."""

WORDS: Final = ("Title", "Hexenkessel")
OF_SMALL: Final = ("list", "filtered list", "cursor walk", "get", "warm search", "search without segments")


SIZES: Final = {"large": 40, "small": 8}
"""Numbers of ideas: with segments, and without."""


@pytest.fixture(scope="module")
async def processes(environ: dict[str, str], worker_database: Database) -> AsyncGenerator[tuple[House, House, House]]:
    others: list[dict[str, str]] = [{}, {}, {"CREATORVAULT_SEARCH__SEGMENTS": "false"}]
    async with AsyncExitStack() as stack:
        first, second, third = [
            await stack.enter_async_context(open_house(environ | other, worker_database)) for other in others
        ]
        yield first, second, third


@pytest.fixture(scope="module")
async def vault(
    request: pytest.FixtureRequest, processes: tuple[House, House, House], worker_database: Database
) -> AsyncGenerator[TamperedVault]:
    house, sql = processes[0], await asyncpg.connect(worker_database.superuser_url)
    vault = TamperedVault(*processes, house.creator(), house.creator(), sql, SIZES[request.param])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vault_reader, "FEWEST", 10)  # segments of few ideas, so that there are several
        patch.setattr(vault_reader, "MOST", 12)
        for creator in (vault.bob, vault.ada):
            await fill(vault, creator, SIZES[request.param])
    await vault.save()
    yield vault
    await sql.close()


async def fill(vault: TamperedVault, creator: Creator, count: int) -> None:
    """Half of the ideas are older than the attacker's copy of Ada's."""
    old = [await creator.idea(f"Title {number:02}", notes="Hexenkessel") for number in range(count // 2)]
    await search(vault, creator)
    if creator is vault.ada:
        await vault.keep(old[1]["id"], old[2]["id"])
        vault.victim = (await creator.patch(old[1], {"title": "Title of the victim"})).json()
        assert (await creator.delete(old[2])).status_code == 204
    for number in range(count // 2, count):
        await creator.idea(f"Title {number:02}", notes="Hexenkessel", stage="draft" if number % 3 else "idea")
    await search(vault, creator)
    await creator.idea("Title late")
    await search(vault, creator)  # a checkpoint of the current revision; the last idea is in no segment


async def search(vault: TamperedVault, creator: Creator) -> None:
    """Searches, which writes segments of ideas that are in none, and a checkpoint."""
    vault.house.parts.search_cache.forget(vault_of(creator))
    assert (await creator.list({"search": "title"})).status_code == 200
    await vault.house.parts.segment_writer.finish()
    await vault.house.parts.checkpoint_writer.finish()


async def test_no_wrong_result_is_returned_without_an_alert(vault: TamperedVault, logs: Logs, tampering: str) -> None:
    expected = dict(sampled(expected_of(tampering, segmented=vault.ideas >= SIZES["large"]).items()))
    outcomes = {}
    for operation, as_expected in expected.items():
        right = await vault.right_answer(operation)
        await vault.reset(operation)
        await vault.tamper(*TAMPERINGS[tampering])
        before = await vault.stored()
        logs.events.clear()

        outcomes[operation] = outcome(right, await vault.ask(operation), logs, as_expected)

        if outcomes[operation] in CODES and operation in WRITES:
            assert await vault.stored() == before, operation

    assert outcomes == expected


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Groups the tests by size, so that each vault is created once. Tampering with rows is tested with both."""
    if "tampering" in metafunc.fixturenames:
        cases = [("large", name) for name in TAMPERINGS] + [("small", name) for name in OF_ROWS]
        metafunc.parametrize(("vault", "tampering"), cases, indirect=["vault"], scope="module")


def expected_of(tampering: str, *, segmented: bool) -> dict[str, str]:
    """Returns the expectation by operation. A vault without segments is searched as one whose segments are not read."""
    named = {operation: what for what, operations in EXPECTED[tampering].items() for operation in operations}
    expected = {operation: named.get(operation, RIGHT) for operation in OPERATIONS if operation not in ALIKE}
    if not segmented:
        expected = without_segments(expected)
    expected |= {operation: expected[other] for operation, other in ALIKE.items()}
    return expected | ({"by id": "vault_mismatch"} if tampering in MISSED else {})


def without_segments(expected: dict[str, str]) -> dict[str, str]:
    rows_alone = expected["search without segments"]
    warm = expected["warm search"]
    if warm == "vault_mismatch":  # detected by the segments
        warm = LOGGED if rows_alone in LIMITS else rows_alone
    searches = dict.fromkeys(FROM_SEGMENTS, rows_alone) | {"warm search": warm}
    return {operation: expected[operation] for operation in OF_SMALL} | searches


def outcome(right: Seen, seen: Seen, logs: Logs, expected: str) -> str:
    """Returns the outcome in the terms of the matrix. Any documented limit is accepted in place of the expected one."""
    alerts = [alert["code"] for alert in logs.named("alarm")]
    if alerts:
        [code] = alerts
        if (seen[0], code) == (200, "vault_set_back"):
            return LOGGED
        assert seen == (500, None)
        assert [word for word in WORDS if word in logs.text] == []
        return str(code)
    assert seen[0] < 500
    if seen == right:
        return RIGHT
    return expected if expected in LIMITS else f"wrong: {seen}"


def test_every_limit_is_documented() -> None:
    for limit in LIMITS:
        assert f"| **{limit}** |" in DOCUMENT
    assert len(LIMITS) == DOCUMENT.count("| **")


def test_the_matrix_is_complete() -> None:
    assert set(EXPECTED) == set(TAMPERINGS)
    assert set(OPERATIONS) == set(ASKED)
    for expected in EXPECTED.values():
        operations = [operation for those in expected.values() for operation in those]
        assert len(operations) == len(set(operations))
        assert set(operations) <= set(OPERATIONS) - set(ALIKE)
        assert set(expected) <= {*CODES, *LIMITS, LOGGED}
    assert len(TAMPERINGS) >= 60
