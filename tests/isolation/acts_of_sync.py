"""Pulls of a creator's device, in variants that execute different parts of the statement, and after a failover."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import httpx

from tests.isolation.acts import CHANGE, DELETE, OWN, SUSPENDED, Act, Do, Prepare, sql
from tests.isolation.scene import ME, Scene
from tests.ways import Way

MOST_PAGES: Final = 20
OTHERS_DIFFER: Final = sql(f"UPDATE ideas SET stamp = stamp # 1 WHERE NOT ({OWN})")
"""What is at the same revisions in others' vaults."""

OTHERS_HAVE_DELETED_OTHERWISE: Final = sql(
    f"UPDATE idea_tombstones SET first_revision = first_revision + 1 WHERE NOT ({OWN})"
)
"""At the same revisions."""

OTHERS_ARE_AHEAD: Final = sql(f"UPDATE ideas SET revision = revision + 100 WHERE NOT ({OWN})")
"""With the last rows of their vaults."""

OTHERS_DELETE: Final = sql(f"""
    INSERT INTO idea_tombstones
    SELECT others.tenant_id, others.user_id, gen_random_uuid(), mine.revision + more, 0, now()
    FROM vaults AS others, (SELECT revision FROM vaults WHERE {OWN}) AS mine, generate_series(1, 3) AS more
    WHERE NOT (others.tenant_id = '{ME.tenant_id}' AND others.user_id = '{ME.user_id}')
""")
"""At the next revisions of the own vault."""

OTHERS_DELETE_THE_SAME: Final = sql(f"""
    INSERT INTO idea_tombstones
    SELECT others.tenant_id, others.user_id, mine.id, next.revision, 0, now()
    FROM vaults AS others, (SELECT id FROM ideas WHERE {OWN}) AS mine,
        (SELECT revision + 1 AS revision FROM vaults WHERE {OWN}) AS next
    WHERE NOT (others.tenant_id = '{ME.tenant_id}' AND others.user_id = '{ME.user_id}')
""")


async def _pull(scene: Scene, since: str = "") -> tuple[list[httpx.Response], str]:
    """Returns what the pages say, and the last token."""
    told, more = list[httpx.Response](), True
    while more and len(told) < MOST_PAGES:
        answer = await scene.ask("GET", f"/api/v1/{ME.user_id}/changes", params={"since": since, "limit": 3})
        page: dict[str, Any] = answer.json()
        since, more = page.get("next", since), page.get("has_more", False)
        changed = [(each["idea"]["id"], each["idea"]["title"]) for each in page.get("changed", ())]
        said = {"changed": changed, "deleted": page.get("deleted"), "more": more, "next": bool(since)}
        told.append(httpx.Response(answer.status_code, json=said if answer.is_success else page))
    return told, since


def pulling(*between: Do | Prepare) -> Do:
    """A first pull, and one after each step."""

    async def do(scene: Scene) -> Sequence[httpx.Response]:
        told, since = await _pull(scene)
        for step in between:
            await step(scene)
            more, since = await _pull(scene, since)
            told += more
        return told

    return do


WRITTEN: Final = partial(Act, writes=True)
LOSE_THE_LAST: Final = sql(
    f"DELETE FROM ideas WHERE {OWN} AND revision = (SELECT max(revision) FROM ideas WHERE {OWN})"
)
LOSE_TOMBSTONES: Final = sql(f"DELETE FROM idea_tombstones WHERE {OWN}")

SYNC_ACTS: Final[Sequence[Act]] = (
    Act("pull", pulling()),
    WRITTEN("pull what changes", pulling(CHANGE, DELETE)),
    WRITTEN("pull beside others that differ", pulling(CHANGE), prepare=OTHERS_DIFFER),
    WRITTEN("pull beside others that have deleted", pulling(CHANGE), prepare=OTHERS_HAVE_DELETED_OTHERWISE),
    WRITTEN("pull beside others that are ahead", pulling(CHANGE), prepare=OTHERS_ARE_AHEAD),
    WRITTEN("pull beside others that delete", pulling(DELETE, CHANGE), prepare=OTHERS_DELETE),
    WRITTEN("pull what is lost to others", pulling(LOSE_THE_LAST), Way.BOTH),
    WRITTEN(
        "pull when tombstones are lost to others", pulling(DELETE, LOSE_TOMBSTONES), Way.BOTH, OTHERS_DELETE_THE_SAME
    ),
    WRITTEN("pull while suspended", pulling(), Way.BOTH, SUSPENDED),
)
