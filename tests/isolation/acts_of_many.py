"""Many changes of a creator in one request, in variants that execute different parts of the statements."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

import httpx
import pytest

from creatorvault.ideas.history import undo_tokens
from creatorvault.ideas.many.tags import TagService
from tests.isolation.acts import CHANGE as CHANGE_ONE
from tests.isolation.acts import NOBODYS, OWN, SUSPENDED, Act, Do, sql, then
from tests.isolation.acts_of_undo import KEEPS_NOTHING
from tests.isolation.scene import CHANGED, ME, Scene
from tests.ways import Way

NEW: Final = [str(UUID(int=2**120 + number)) for number in range(20)]
URL: Final = f"/api/v1/{ME.user_id}"
WRITTEN: Final = partial(Act, writes=True)

OTHERS_HAVE_THE_IDS: Final = sql(f"""
    INSERT INTO idea_tombstones
    SELECT others.tenant_id, others.user_id, new.id, 1, 0, now()
    FROM vaults AS others, unnest('{{{",".join(NEW)}}}'::uuid[]) AS new (id)
    WHERE NOT (others.tenant_id = '{ME.tenant_id}' AND others.user_id = '{ME.user_id}')
""")
OTHERS_HAVE_ONE_IN_THE_TRASH: Final = sql(f"""
    UPDATE trashed_ideas SET id = '{NEW[0]}'
    WHERE NOT ({OWN}) AND id = (SELECT id FROM trashed_ideas WHERE {OWN} ORDER BY id LIMIT 1)
""")
OTHERS_HAVE_DELETED_THEM: Final = sql(f"""
    UPDATE trashed_ideas SET deleted_at = mine.deleted_at
    FROM (SELECT max(deleted_at) AS deleted_at FROM trashed_ideas WHERE {OWN}) AS mine
    WHERE NOT (trashed_ideas.tenant_id = '{ME.tenant_id}' AND trashed_ideas.user_id = '{ME.user_id}')
""")


def _told(answer: httpx.Response) -> httpx.Response:
    """Returns what a response says without what differs from one time to the next."""
    body: dict[str, Any] = answer.json()
    if "results" in body:
        body = {
            "applied": body.get("applied"),
            "results": [
                (each["op"], each["status"], (each["idea"] or {}).get("title"), (each["idea"] or {}).get("stage"))
                for each in body["results"]
            ],
        }
    elif "items" in body:
        body = {"items": sorted(each["id"] for each in body["items"])}
    return httpx.Response(answer.status_code, json=body)


def bulk(*operations: dict[str, Any], **options: Any) -> Do:
    """`{changed}` is the id of an idea with earlier versions."""

    async def do(scene: Scene) -> Sequence[httpx.Response]:
        ids = {"{changed}": scene.ideas[CHANGED]["id"], "{first}": scene.ideas[0]["id"]}
        given = [{**each, "id": ids.get(each.get("id", ""), each.get("id"))} for each in operations]
        return [_told(await scene.ask("POST", f"{URL}/ideas/bulk", json={"operations": given, **options}))]

    return do


def repeated(do_once: dict[str, Any]) -> Do:
    """The second request is answered from what the first has stored."""

    async def do(scene: Scene) -> Sequence[httpx.Response]:
        headers = {"Idempotency-Key": "many"}
        body = {"operations": [{**do_once, "id": scene.ideas[CHANGED]["id"]}]}
        answers = [await scene.ask("POST", f"{URL}/ideas/bulk", json=body, headers=headers)]
        await scene.ask("PATCH", f"{URL}/ideas/{scene.ideas[CHANGED]['id']}", json={"title": "Since then"})
        answers.append(await scene.ask("POST", f"{URL}/ideas/bulk", json=body, headers=headers))
        return list(map(_told, answers))

    return do


def renamed(*names: str) -> Do:
    async def do(scene: Scene) -> Sequence[httpx.Response]:
        body = {"from": list(names), "to": "renamed"}
        answer = await scene.ask("POST", f"{URL}/tags/rename", json=body)
        listed = await scene.ask("GET", f"{URL}/tags")
        return [_told(answer), httpx.Response(listed.status_code, json=listed.json().get("items"))]

    return do


async def renamed_beside_a_change(scene: Scene) -> Sequence[httpx.Response]:
    """An idea changes after those with the tag were found."""
    find = TagService.find

    async def found(*arguments: Any) -> Any:
        ids = await find(*arguments)
        await CHANGE_ONE(scene)
        return ids

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TagService, "find", found)
        return await renamed("red", "food")(scene)


async def deleted_together(scene: Scene) -> None:
    """More ideas than an undo token names, so that it names their time, which is that of others' deletions, too."""
    for operation, more in (("create", {"idea": {"title": "Short-lived"}}), ("delete", {})):
        operations = [{"op": operation, "id": new, **more} for new in NEW]
        answer = await scene.ask("POST", f"{URL}/ideas/bulk", json={"operations": operations})
        assert answer.status_code == HTTPStatus.OK
    scene.undo_of_many = answer.headers["X-Undo"]
    await OTHERS_HAVE_DELETED_THEM(scene)


async def undone(scene: Scene) -> Sequence[httpx.Response]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(undo_tokens, "VALID", timedelta(days=1))
        return [_told(await scene.ask("POST", f"{URL}/undo", json={"undo": scene.undo_of_many}))]


CREATE: Final = {"op": "create", "id": NEW[0], "idea": {"title": "New", "tags": ["many"]}}
CHANGE: Final = {"op": "change", "id": "{changed}", "changes": {"stage": "published"}}
CHANGE_AGAIN: Final = {"op": "change", "id": "{changed}", "changes": {"title": "Twice"}}
DELETE: Final = {"op": "delete", "id": "{changed}"}
EVERYTHING: Final = bulk(
    CREATE,
    CHANGE,
    CHANGE_AGAIN,
    {"op": "change", "id": NEW[0], "changes": {"stage": "draft"}},
    {"op": "create", "id": NEW[1], "idea": {"title": "Short-lived"}},
    {"op": "delete", "id": NEW[1]},
    {"op": "replace", "id": "{first}", "idea": {"title": "Replaced"}},
    DELETE,
)

MANY_ACTS: Final[Sequence[Act]] = (
    WRITTEN("bulk", EVERYTHING, Way.TRANSACTION),
    WRITTEN("bulk that keeps nothing", EVERYTHING, Way.TRANSACTION, KEEPS_NOTHING),
    WRITTEN("bulk with ids of others", bulk(CREATE, DELETE), Way.TRANSACTION, OTHERS_HAVE_THE_IDS),
    WRITTEN("bulk of what is not there", bulk({"op": "delete", "id": NOBODYS}, CHANGE, atomic=False), Way.TRANSACTION),
    WRITTEN("bulk with an id in others' trash", bulk(CREATE), Way.TRANSACTION, OTHERS_HAVE_ONE_IN_THE_TRASH),
    WRITTEN("bulk while suspended", EVERYTHING, Way.TRANSACTION, SUSPENDED),
    WRITTEN("repeat a bulk request", repeated({"op": "change", "changes": {"title": "At first"}}), Way.BOTH),
    WRITTEN("repeat a bulk deletion", repeated({"op": "delete"}), Way.BOTH),
    WRITTEN("rename a tag", renamed("red", "food"), Way.BOTH, cold=Way.BOTH, depends=True),
    WRITTEN("rename a tag beside a change", renamed_beside_a_change, Way.BOTH, cold=Way.BOTH, depends=True),
    WRITTEN("undo many deletions", undone, Way.BOTH, deleted_together, Way.BOTH),
    WRITTEN("undo many deletions while suspended", undone, Way.BOTH, then(deleted_together, SUSPENDED)),
)
