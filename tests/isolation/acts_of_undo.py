"""Operations of a creator on trash, versions and settings, in variants that execute different statements."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any, Final

import httpx
import pytest

from creatorvault.ideas.history import undo_tokens
from tests.isolation.acts import (
    KEY_WITH_OTHERS,
    NOBODYS,
    OWN,
    OWN_TENANT,
    SUSPENDED,
    Act,
    Do,
    one_after_the_other,
    overtaken,
    request,
    sql,
    then,
)
from tests.isolation.scene import CHANGED, ME, Scene
from tests.ways import Way

WRITTEN: Final = partial(Act, writes=True)
THROUGH_A_SNAPSHOT: Final = partial(Act, writes=True, cold=Way.BOTH)
"""Reads a snapshot first, after which the process knows the vault."""

KEEPS_NOTHING: Final = sql("UPDATE vaults SET retention_days = 0")
"""All of them, since a change that keeps nothing would not meet others'."""

TENANT_KEEPS_NOTHING: Final = sql(f"UPDATE tenants SET retention_days = 0 WHERE {OWN_TENANT}")


DELETED_TOGETHER: Final = sql(
    f"UPDATE trashed_ideas SET deleted_at = deleted_at + interval '1 second' WHERE NOT ({OWN})"
)
"""Others' ideas in the trash at the very time of the own ones."""


def at(method: str, path: str, **options: Any) -> Do:
    """`{changed}` is an idea with earlier versions, `{deleted}` one in the trash."""

    async def do(scene: Scene) -> Sequence[httpx.Response]:
        names = {"changed": scene.ideas[CHANGED]["id"], "deleted": scene.deleted["id"], "nobodys": NOBODYS}
        url = f"/api/v1/{ME.user_id}/{path.format(**names)}"
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(undo_tokens, "VALID", timedelta(days=1))  # all cases take longer than ten minutes
            answer = await scene.ask(method, url, **options)
        return [answer]

    return do


async def undone(scene: Scene) -> Sequence[httpx.Response]:
    return await at("POST", "undo", json={"undo": scene.undo})(scene)


RESTORE: Final = at("POST", "ideas/{deleted}/restore")
EXPUNGE: Final = at("DELETE", "trash/{deleted}")
EMPTY: Final = at("DELETE", "trash")
REVERT: Final = at("POST", "ideas/{changed}/versions/8/restore")
CHANGE: Final = request("PATCH", CHANGED, json={"stage": "draft"})
DELETE: Final = request("DELETE", CHANGED)
VERSIONS: Final = (
    *("versions", "versions?limit=1&offset=1", "versions/8", "versions/5", "versions/2"),
    *("versions/8/difference?to=9", "versions/8/difference"),
)

UNDO_ACTS: Final[Sequence[Act]] = (
    Act("list the trash", at("GET", "trash")),
    Act("list a page of the trash", at("GET", "trash?limit=1&offset=1")),
    *(Act(f"look at {path}", at("GET", f"ideas/{{changed}}/{path}"), Way.TRANSACTION) for path in VERSIONS),
    Act("look at versions of what is deleted", at("GET", "ideas/{deleted}/versions"), Way.TRANSACTION),
    Act("read the settings", at("GET", "settings")),
    WRITTEN("read the settings of a tenant", at("GET", "settings"), prepare=TENANT_KEEPS_NOTHING),
    WRITTEN("restore", RESTORE),
    WRITTEN("restore what lives", at("POST", "ideas/{changed}/restore")),
    WRITTEN("restore what is not there", at("POST", "ideas/{nobodys}/restore"), Way.BOTH),
    WRITTEN("restore what others have deleted, too", RESTORE, prepare=DELETED_TOGETHER),
    WRITTEN("expunge", EXPUNGE),
    WRITTEN("expunge what others have deleted, too", EXPUNGE, prepare=DELETED_TOGETHER),
    WRITTEN("expunge what is not there", at("DELETE", "trash/{nobodys}"), Way.BOTH),
    THROUGH_A_SNAPSHOT("empty the trash", EMPTY),
    THROUGH_A_SNAPSHOT("undo", undone),
    THROUGH_A_SNAPSHOT("restore a version", REVERT, Way.BOTH),
    *(
        WRITTEN(f"{name} that keeps nothing", do, prepare=prepare)
        for name, do in (("change in a vault", CHANGE), ("delete in a vault", DELETE))
        for prepare in (KEEPS_NOTHING,)
    ),
    WRITTEN("change in a tenant that keeps nothing", CHANGE, prepare=TENANT_KEEPS_NOTHING),
    WRITTEN("choose to keep nothing", at("PATCH", "settings", json={"retention_days": 0}), Way.TRANSACTION),
    WRITTEN("choose to keep for long", at("PATCH", "settings", json={"retention_days": 99}), Way.TRANSACTION),
    *(
        WRITTEN(f"{name} while being suspended", overtaken(do), Way.BOTH, depends=True)
        for name, do in (("restore", RESTORE), ("expunge", EXPUNGE))
    ),
    *(
        WRITTEN(f"{name} while being suspended, keeping nothing", overtaken(do), Way.BOTH, KEEPS_NOTHING, depends=True)
        for name, do in (("change", CHANGE), ("delete", DELETE))
    ),
    *(
        WRITTEN(f"{name} when the key is gone to others", one_after_the_other(do, read), Way.BOTH, KEY_WITH_OTHERS)
        for name, do, read in (
            ("restore", RESTORE, at("GET", "ideas/{deleted}")),
            ("expunge", EXPUNGE, at("GET", "ideas/{changed}")),
        )
    ),
    THROUGH_A_SNAPSHOT("restore a version while being suspended", overtaken(REVERT), Way.BOTH, depends=True),
    *(
        WRITTEN(
            f"{name} when the key is gone to others, keeping nothing",
            one_after_the_other(do, at("GET", "ideas/{changed}")),
            Way.BOTH,
            then(KEEPS_NOTHING, KEY_WITH_OTHERS),
        )
        for name, do in (("change", CHANGE), ("delete", DELETE))
    ),
    WRITTEN("restore while suspended", RESTORE, Way.BOTH, SUSPENDED),
)
