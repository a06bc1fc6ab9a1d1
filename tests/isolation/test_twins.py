"""No operation of a creator, cold or warm, involves vaults that differ from theirs only by the owner."""

from collections.abc import Sequence
from typing import Final

import pytest

from tests.isolation.acts import (
    OTHER_ACTS,
    Act,
    alone_in_the_world,
    goes_as_designed,
    lists,
    outcome,
    questions_about_content,
)
from tests.isolation.locks import Locks
from tests.isolation.scene import ELSEWHERE, FOREIGN, NEIGHBOURS, Scene, SceneWith, Twins, World
from tests.isolation.scopes import without_scope
from tests.thoroughness import sampled

pytestmark = [pytest.mark.no_cover, pytest.mark.own_statements]

IN_OTHER_TENANTS: Final = (*ELSEWHERE, *FOREIGN)
# Row-level security distinguishes tenants, not the creators of one.
AMONG: Final = {
    Locks.BOTH: (*NEIGHBOURS, *IN_OTHER_TENANTS),
    Locks.SCOPE: (*NEIGHBOURS, *IN_OTHER_TENANTS),
    Locks.POLICIES: IN_OTHER_TENANTS,
}
REFUSED: Final = {"nobody": 404, "not there": 404, "suspended": 403, "full": 403, "key is gone": 500}


@pytest.mark.parametrize("locks", AMONG)
async def test_lists_are_the_same_as_without_other_vaults(scenes: SceneWith, locks: Locks) -> None:
    await assert_undisturbed(await scenes(locks), [*lists()], locks, Twins.UNLIKE)


@pytest.mark.parametrize("locks", AMONG)
async def test_content_search_is_the_same_as_without_other_vaults(scenes: SceneWith, locks: Locks) -> None:
    await assert_undisturbed(await scenes(locks), [*questions_about_content()], locks, Twins.UNLIKE)


@pytest.mark.parametrize("twins", Twins)
@pytest.mark.parametrize("locks", AMONG)
async def test_no_operation_affects_or_reveals_other_vaults(scenes: SceneWith, locks: Locks, twins: Twins) -> None:
    await assert_undisturbed(await scenes(locks), OTHER_ACTS, locks, twins)


async def assert_undisturbed(scene: Scene, acts: Sequence[Act], locks: Locks, twins: Twins) -> None:
    """Each act has the same outcome among twins, in a process that knows the vault and in one that does not."""
    world = World(AMONG[locks], twins)
    rewrite = None if locks.scoped else without_scope
    acts = sampled(acts)
    for act in acts:  # all of them first, since creating a world takes longer than most acts
        await alone_in_the_world(scene, act, world)
    for cold in (False, True):
        for act in acts:
            alone = await alone_in_the_world(scene, act, world, cold=cold)
            await scene.lay(world)
            among_twins, trail = await outcome(scene, act, cold=cold, rewrite=rewrite)

            assert among_twins == alone, (act.name, cold)
            assert goes_as_designed(act, trail, cold=cold), (act.name, cold, trail.way)


async def test_operations_succeed_without_other_vaults(scenes: SceneWith) -> None:
    """Ensures that the comparisons do not compare refusals."""
    scene = await scenes(Locks.BOTH)
    for act in (*lists(), *questions_about_content(), *OTHER_ACTS):
        result = await alone_in_the_world(scene, act, World((), Twins.ALIKE))
        due = next((status for word, status in REFUSED.items() if word in act.name), None)
        refused = {status for status, _ in result.answers if status >= 400}
        assert refused == (set() if due is None else {due}) or act.depends, act.name
