"""Removing any single condition on a tenant or a creator from any statement is detected.

Row-level security is off, so only the statement's own scope applies. New statements are found as they are executed.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from pkgutil import walk_packages
from typing import Final, NamedTuple

import asyncpg
import pytest
from sqlalchemy import TextClause, make_url
from sqlalchemy.exc import DBAPIError

import creatorvault
from creatorvault.core.database.tenant_context import routed
from creatorvault.history.statements.trash import DELETED_AT_TIME
from creatorvault.ideas.statements.bulk import INSERT_MANY, INSERT_WITH_HISTORY
from creatorvault.ideas.statements.changes import INSERT_AGAIN
from creatorvault.ideas.statements.content import CHANGED_IDS, SOME
from creatorvault.ideas.statements.many import CHANGE_MANY, NAMED, VERSIONS_BY_STAMP
from creatorvault.sync.events.statements import STANDINGS
from creatorvault.tenants.errors import VaultMismatch
from creatorvault.transfer.importing.statements import COMPLETE, OWNER
from tests.foreign import DISTRIBUTED
from tests.isolation.acts import (
    OTHER_ACTS,
    Act,
    alone_in_the_world,
    goes_as_designed,
    lists,
    outcome,
    questions_about_content,
)
from tests.isolation.acts_of_many import MANY_ACTS
from tests.isolation.acts_of_sync import SYNC_ACTS
from tests.isolation.acts_of_undo import UNDO_ACTS
from tests.isolation.locks import Locks, Rewrite
from tests.isolation.scene import ELSEWHERE, FOREIGN, NEIGHBOURS, Scene, SceneWith, Twins, World
from tests.isolation.scopes import Condition, conditions_of, without_scope
from tests.thoroughness import sampled

pytestmark = [pytest.mark.no_cover, pytest.mark.own_statements]

ELSEWHERE_TESTED: Final = (
    *("creatorvault.admin.", "creatorvault.key_management.", "creatorvault.history.statements.purging"),
    *("creatorvault.history.purging", "creatorvault.history.thinning_out", "creatorvault.history.standing"),
    *("creatorvault.transfer.fastapi.", "creatorvault.sync.changes.pruning"),
    "creatorvault.sync.changes.statements.pruning",
)
END_OF_A_BATCH: Final = "LIMIT $3::INTEGER OFFSET $4::INTEGER"
EVERYBODY: Final = (*NEIGHBOURS, *ELSEWHERE, *FOREIGN)


class Run(NamedTuple):
    act: Act
    cold: bool
    twins: Twins


def of_reads(acts: Iterable[Act]) -> list[Run]:
    return [Run(act, cold, Twins.UNLIKE) for act in acts for cold in (False, True)]


def of_writes(acts: Iterable[Act]) -> list[Run]:
    return [Run(act, cold, twins) for act in acts for twins in Twins for cold in (False, True)]


@pytest.mark.longest
@pytest.mark.parametrize(
    "runs",
    [
        pytest.param(of_reads(lists()), id="lists"),
        pytest.param(
            [*of_reads(questions_about_content()), *of_writes((*OTHER_ACTS, *UNDO_ACTS, *SYNC_ACTS, *MANY_ACTS))],
            id="everything else",
        ),
    ],
)
async def test_removing_any_condition_is_detected(scenes: SceneWith, runs: Sequence[Run]) -> None:
    scene = await scenes(Locks.SCOPE)
    by_statement = await runs_by_statement(scene, runs)
    conditions = [
        (statement, condition)
        for statement in by_statement
        for condition in conditions_of(statement)
        # Only in a transaction that has looked for the rows of the tenant and of the key before.
        if not (
            any(is_part(text, statement) for text in (INSERT_AGAIN, INSERT_MANY, INSERT_WITH_HISTORY, CHANGE_MANY))
            and condition.text.startswith(("tenants.", "vault_keys."))
        )
        # Only of an import with a new id, or for the name under which a missing tenant would be made.
        and not (is_part(COMPLETE, statement) or is_part(OWNER, statement))
        # Only for what a statement before has found; with another tenant or vault, all of it is read instead.
        and not (is_part(SOME, statement) and condition.text.startswith(("tenants.", "vaults.", "ideas.tenant_id")))
        # Only in a transaction that has locked the vault, or before one that does.
        and not (
            any(is_part(text, statement) for text in (NAMED, DELETED_AT_TIME))
            and condition.text.startswith(("tenants.", "vaults."))
        )
        # Only for rows of the vault by their random stamps, or for ids that the next statement looks for in the vault.
        and not is_part(VERSIONS_BY_STAMP, statement)
        and not is_part(CHANGED_IDS, statement)
        # Only where a batch of an erasure ends: the deletion has its own scope.
        and not statement.endswith(END_OF_A_BATCH)
    ]
    planted = sampled(conditions, max(0.1, 11 / len(conditions)))
    unnoticed = [
        f"{condition.text} of {statement}"
        for statement, condition in planted
        if not await is_noticed(scene, by_statement[statement], leaving_out(condition, statement))
    ]

    assert len(planted) > 10
    assert unnoticed == []


async def test_removing_any_condition_of_a_trigger_is_detected(scenes: SceneWith) -> None:
    scene = await scenes(Locks.SCOPE)
    runs = of_writes(act for act in OTHER_ACTS if act.writes)
    planted = [
        (source, condition) for [source] in await scene.sql.fetch(FUNCTIONS) for condition in conditions_of(source)
    ]
    unnoticed = []
    for source, condition in planted:
        await scene.sql.execute(condition.dropped_from(source))
        if not await is_noticed(scene, runs, lambda sent: sent):
            unnoticed.append(f"{condition.text} of {source}")
        await scene.sql.execute(source)

    assert len(planted) >= 2
    assert unnoticed == []


# Others concern logins and not creators: tests/audit/test_links.py tests those of the audit log, and
# tests/isolation/test_other_roles.py those that operators meet.
FUNCTIONS: Final = """
    SELECT pg_get_functiondef(oid) FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace AND prorettype = 'trigger'::regtype
      AND prosrc !~ 'audit_|creatorvault_operator'
"""


async def test_every_statement_written_as_text_is_covered(scenes: SceneWith) -> None:
    scene = await scenes(Locks.SCOPE)
    runs = await runs_by_statement(scene, of_reads((*lists(), *OTHER_ACTS, *UNDO_ACTS, *SYNC_ACTS, *MANY_ACTS)))

    written = {name: text for name, text in statements_written_as_text() if conditions_of(text)}
    if DISTRIBUTED:  # where each vault is looked up alone
        written = {name: text for name, text in written.items() if text != STANDINGS}
    assert len(written) >= 8
    assert [name for name, text in written.items() if not any(is_part(text, statement) for statement in runs)] == []


def statements_written_as_text() -> Iterator[tuple[str, str]]:
    """Yields statements and parts of statements, except those with placeholders, those of operators, who read the
    metadata of all tenants, and those of rotation and of the purge, whose scope is tested in
    `tests/key_management/test_scope.py`, `tests/history/test_purge_scope.py` and `tests/sync/test_pruning.py`; and
    those of the FastAPI import, in `tests/transfer/fastapi/test_scope.py`.
    """
    for module in walk_packages(creatorvault.__path__, "creatorvault."):
        if module.name.startswith(ELSEWHERE_TESTED):
            continue
        for name, value in vars(import_module(module.name)).items():
            text = as_sent(value) if isinstance(value, TextClause) else value
            if name.isupper() and isinstance(text, str) and "{" not in text:
                yield f"{module.name}.{name}", text


def is_part(text: str, statement: str) -> bool:
    """Of a statement as it was sent: in distributed mode, in the form for a cluster."""
    return (routed(text) if DISTRIBUTED else text) in statement


def as_sent(statement: TextClause) -> str:
    return str(statement.compile(dialect=make_url("postgresql+asyncpg://").get_dialect()()))


async def runs_by_statement(scene: Scene, runs: Sequence[Run]) -> Mapping[str, Sequence[Run]]:
    """Returns the runs that execute each statement."""
    found: dict[str, list[Run]] = {}
    for run in runs:
        case = (run.act.name, run.cold, run.twins)
        if case not in scene.known:
            scene.known[case] = await statements_of(scene, run)
        for statement in scene.known[case]:
            found.setdefault(statement, []).append(run)
    return found


async def statements_of(scene: Scene, run: Run) -> Sequence[str]:
    sent: set[str] = set()

    def see(statement: str) -> str:
        sent.add(statement)
        return statement

    assert not await disturbs(scene, run, see), run
    for statement in sent:
        without_scope(statement)  # fails for an unknown form of a scope
    return sorted(sent)


def leaving_out(condition: Condition, statement: str) -> Rewrite:
    planted = condition.dropped_from(statement)
    return lambda sent: planted if sent == statement else sent


async def is_noticed(scene: Scene, runs: Sequence[Run], rewrite: Rewrite) -> bool:
    for run in runs:
        if await disturbs(scene, run, rewrite):
            return True
    return False


async def disturbs(scene: Scene, run: Run, rewrite: Rewrite) -> bool:
    """Returns whether the outcome or the way differs from that without other vaults."""
    world = World(EVERYBODY, run.twins)
    alone = await alone_in_the_world(scene, run.act, world, cold=run.cold)
    await scene.lay(world)
    try:
        among_twins, trail = await outcome(scene, run.act, cold=run.cold, rewrite=rewrite)
    except (
        asyncpg.PostgresError,
        DBAPIError,
        KeyError,
        VaultMismatch,
    ):  # background writes and bulk writes have no response
        scene.house.parts.segment_writer._task = None
        scene.house.parts.checkpoint_writer._task = None
        return True
    return among_twins != alone or not goes_as_designed(run.act, trail, cold=run.cold)
