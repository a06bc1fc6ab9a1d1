"""Ways to tamper with versions, the trash and prunings, by somebody with full access to the database but without keys.

Statements run as a superuser without triggers. $V is the condition for the vault, $I for the idea, whose four versions
1 to 4 are kept and whose fifth is the current one. `copied` has rows of the same idea from earlier, `other` is another
idea with as many versions.
"""

from dataclasses import dataclass, field
from typing import Final

import asyncpg
import httpx
import pytest

from tests.application import House
from tests.factories import Creator, Idea
from tests.history.aging import cipher_of
from tests.history.undoing import choose, difference, restore, revert, trash, version, versions
from tests.ideas.tampering import PRIVATE, assert_plain_fault
from tests.logs import Logs
from tests.vault_rows import inserted_columns
from tests.ways import vault_of

pytestmark = pytest.mark.no_cover

FLIP: Final = "UPDATE {table} SET {column} = set_byte({column}, 30, get_byte({column}, 30) # 1) WHERE {where}"
EDITS: Final = {
    "stage": "(stage + 1) % 4",
    "priority": "(priority + 1) % 3",
    "due_date": "now()",
    "created_at": "created_at - interval '1 second'",
    "updated_at": "updated_at - interval '1 microsecond'",
    "stamp": "stamp - 1",
    "number": "number + 100",
    "previous": "previous - 1",
}

OF_VERSIONS: Final[dict[str, tuple[str, ...]]] = {
    **{
        f"version {number} deleted": (f"DELETE FROM idea_versions WHERE $I AND number = {number}",)
        for number in (1, 2, 4)
    },
    "all versions deleted": ("DELETE FROM idea_versions WHERE $I",),
    "version 3 deleted, and version 4 linked to version 2": (
        "UPDATE idea_versions SET (previous, previous_until) = (SELECT stamp, replaced_at FROM idea_versions"
        " WHERE $I AND number = 2) WHERE $I AND number = 4",
        "DELETE FROM idea_versions WHERE $I AND number = 3",
    ),
    "version 4 deleted, and the idea linked to version 3": (
        "UPDATE ideas SET previous = (SELECT stamp FROM idea_versions WHERE $I AND number = 3) WHERE $I",
        "DELETE FROM idea_versions WHERE $I AND number = 4",
    ),
    "all versions deleted, and the idea said to have none": (
        "UPDATE ideas SET previous = 0 WHERE $I",
        "DELETE FROM idea_versions WHERE $I",
    ),
    "all versions deleted, and the idea said to be from before": (
        "UPDATE ideas SET previous = NULL, number = 1 WHERE $I",
        "DELETE FROM idea_versions WHERE $I",
    ),
    "version 1 deleted, and version 2 said to be the first": (
        "UPDATE idea_versions SET previous = 0 WHERE $I AND number = 2",
        "DELETE FROM idea_versions WHERE $I AND number = 1",
    ),
    "version 1 deleted, and a pruning made up": (
        "DELETE FROM idea_versions WHERE $I AND number = 1",
        "INSERT INTO history_prunings SELECT tenant_id, user_id, now(), title FROM ideas WHERE $I",
    ),
    "version 1 deleted, and another vault's pruning": (
        "DELETE FROM idea_versions WHERE $I AND number = 1",
        "INSERT INTO history_prunings SELECT $T, $U, pruned_until, sealed FROM history_prunings WHERE user_id = $B",
    ),
    "contents of two versions swapped": (
        "UPDATE idea_versions SET title = (SELECT title FROM idea_versions AS of WHERE of.id = idea_versions.id"
        " AND of.number = 5 - idea_versions.number) WHERE $I AND number IN (2, 3)",
    ),
    "numbers of two versions swapped": (
        "UPDATE idea_versions SET number = -number WHERE $I AND number IN (2, 3)",
        "UPDATE idea_versions SET number = 5 + number WHERE $I AND number < 0",
    ),
    "all clear columns of two versions swapped": (
        "UPDATE idea_versions SET (title, notes, tags, stamp, previous, updated_at, replaced_at) = (SELECT title,"
        " notes, tags, stamp, previous, updated_at, replaced_at FROM idea_versions AS of WHERE of.id = idea_versions.id"
        " AND of.number = 5 - idea_versions.number) WHERE $I AND number IN (2, 3)",
    ),
    "the same version of another idea": (
        "UPDATE idea_versions SET (title, notes, tags) = (SELECT title, notes, tags FROM idea_versions"
        " WHERE $O AND number = 2) WHERE $I AND number = 2",
    ),
    "a whole version of another idea": (
        "DELETE FROM idea_versions WHERE $I AND number = 2",
        "UPDATE idea_versions SET id = $i WHERE $O AND number = 2",
    ),
    "an earlier version put back in the place of a later one": (
        "UPDATE idea_versions SET (title, notes, tags, stage) = (SELECT title, notes, tags, stage FROM idea_versions"
        " WHERE $I AND number = 1) WHERE $I AND number = 3",
    ),
    "the current content put back in the place of a version": (
        "UPDATE idea_versions SET (title, notes, tags, stamp) = (SELECT title, notes, tags, stamp FROM ideas"
        " WHERE $I) WHERE $I AND number = 4",
    ),
    "a version copied as an older one": (
        "INSERT INTO idea_versions SELECT $ROW, 0 AS number, previous_until, replaced_at FROM idea_versions"
        " WHERE $I AND number = 1",
    ),
    "a version copied as a newer one": (
        "INSERT INTO idea_versions SELECT $ROW, 9 AS number, previous_until, replaced_at FROM idea_versions"
        " WHERE $I AND number = 4",
    ),
    "a version of another idea added": (
        "INSERT INTO idea_versions SELECT $ROW, 9 AS number, previous_until, replaced_at FROM idea_versions"
        " WHERE $O AND number = 4",
        "UPDATE idea_versions SET id = $i WHERE $O AND number = 9",
    ),
    "a version of another branch put in": (
        "DELETE FROM idea_versions WHERE $I",
        "INSERT INTO idea_versions SELECT * FROM kept_versions",
    ),
    "the idea set back to a version": (
        "DELETE FROM ideas WHERE $I",
        "INSERT INTO ideas ($C) SELECT $C FROM idea_versions WHERE $I AND number = 4",
        "UPDATE vaults SET digest = (SELECT bit_xor(stamp) FROM ideas WHERE $V) WHERE $V",
    ),
    "a version replaced at another time": (
        "UPDATE idea_versions SET replaced_at = replaced_at - interval '1 microsecond' WHERE $I AND number = 3",
    ),
    "a version said to be thinned out before it": (
        "UPDATE idea_versions SET previous_until = updated_at WHERE $I AND number = 3",
    ),
    **{
        f"{column} of a version edited": (
            f"UPDATE idea_versions SET {column} = {EDITS[column]} WHERE $I AND number = 3",
        )
        for column in EDITS
    },
    **{
        f"a byte of the {column} of a version flipped": (
            FLIP.format(table="idea_versions", column=column, where="$I AND number = 3"),
        )
        for column in ("title", "notes", "tags")
    },
    "an empty envelope": ("UPDATE idea_versions SET notes = '' WHERE $I AND number = 3",),
    "a time without end": ("UPDATE idea_versions SET replaced_at = 'infinity' WHERE $I AND number = 4",),
}
"""Each is an alarm for whoever reads all versions of the idea."""

LIMITS: Final[dict[str, tuple[str, ...]]] = {
    "a version's revision edited": ("UPDATE idea_versions SET revision = revision - 1 WHERE $I AND number = 3",),
}
"""Not an alarm: the revision of an earlier version means nothing."""

OF_TRASH: Final[dict[str, tuple[str, ...]]] = {
    "a row deleted": ("DELETE FROM trashed_ideas WHERE $I",),
    "all rows deleted": ("DELETE FROM trashed_ideas WHERE $V",),
    "the count one less": ("UPDATE vaults SET trash_count = trash_count - 1 WHERE $V",),
    "the count one more": ("UPDATE vaults SET trash_count = trash_count + 1 WHERE $V",),
    "a row under another id": ("UPDATE trashed_ideas SET id = gen_random_uuid() WHERE $I",),
    "deletions of two rows swapped": (
        "UPDATE trashed_ideas SET deletion = (SELECT deletion FROM trashed_ideas AS of"
        " WHERE of.user_id = trashed_ideas.user_id AND of.id <> trashed_ideas.id LIMIT 1) WHERE $V",
    ),
    "an earlier version in the place of the deleted one": (
        "UPDATE trashed_ideas SET (title, notes, tags, stage, priority, due_date, updated_at, stamp, number, previous)"
        " = (SELECT title, notes, tags, stage, priority, due_date, updated_at, stamp, number, previous FROM"
        " idea_versions WHERE $I AND number = 4) WHERE $I",
    ),
    "deleted later": ("UPDATE trashed_ideas SET deleted_at = deleted_at + interval '1 day' WHERE $I",),
    **{f"{column} edited": (f"UPDATE trashed_ideas SET {column} = {EDITS[column]} WHERE $I",) for column in EDITS},
    **{
        f"a byte of the {column} flipped": (FLIP.format(table="trashed_ideas", column=column, where="$I"),)
        for column in ("title", "notes", "tags", "deletion")
    },
    "a living idea in the trash": (
        "INSERT INTO trashed_ideas ($C, deleted_at, deletion) SELECT $C, now(), title FROM ideas WHERE $L",
        "UPDATE vaults SET trash_count = trash_count + 1 WHERE $V",
    ),
}
"""Each is an alarm for whoever lists the trash."""


@dataclass
class Tampered:
    ada: Creator
    bob: Creator
    sql: asyncpg.Connection
    idea: Idea = field(default_factory=dict)
    other: Idea = field(default_factory=dict)
    living: Idea = field(default_factory=dict)
    columns: str = ""

    async def tamper(self, *statements: str) -> None:
        vault, theirs = vault_of(self.ada), vault_of(self.bob)
        of_vault = f"tenant_id = '{vault.tenant_id}' AND user_id = '{vault.user_id}'"
        row = ", ".join(name for name in self.columns.split(", ") if name != "number")
        names = {
            "$ROW": row,
            "$V": of_vault,
            "$I": f"{of_vault} AND id = '{self.idea['id']}'",
            "$O": f"{of_vault} AND id = '{self.other['id']}'",
            "$L": f"{of_vault} AND id = '{self.living['id']}'",
            "$C": self.columns,
            "$i": f"'{self.idea['id']}'",
            "$T": f"'{vault.tenant_id}'::uuid",
            "$U": f"'{vault.user_id}'",
            "$B": f"'{theirs.user_id}'",
        }
        for template in statements:
            statement = template
            for name, value in names.items():
                statement = statement.replace(name, value)
            if statement.startswith("INSERT INTO idea_versions SELECT") and "AS number" in statement:
                statement = statement.replace(
                    "INSERT INTO idea_versions SELECT",
                    f"INSERT INTO idea_versions ({row}, number, previous_until, replaced_at) SELECT",
                )
            await self.sql.execute(statement)


@pytest.fixture
async def vault(house: House, database: asyncpg.Connection) -> Tampered:
    ada, bob = house.creator(), house.creator()
    await database.execute("SET session_replication_role = replica")
    columns = (await inserted_columns(database, "ideas")).replace('"', "").replace(", first_revision", "")
    found = Tampered(ada, bob, database, columns=columns)
    for name in ("idea", "other"):
        idea = await ada.idea(**PRIVATE)
        setattr(found, name, idea)
        for stage in ("outline", "draft", "published", "idea"):
            await ada.patch(idea, {"stage": stage, "title": f"Zwiebelturm {stage}"})
    found.living = await ada.idea(**PRIVATE)
    theirs = await bob.idea("Theirs")
    await bob.patch(theirs, {"title": "Changed"})
    await choose(bob, {"retention_days": 0})
    assert cipher_of(house, ada)
    return found


def alarmed(answer: httpx.Response, logs: Logs, ada: Creator) -> None:
    assert_plain_fault(answer)
    [alarm] = logs.named("alarm")
    assert alarm["code"] in {"tampered", "vault_mismatch", "vault_set_back"}
    assert alarm["user_id"] == ada.user_id
    logs.events.clear()


@pytest.mark.parametrize("tampering", OF_VERSIONS)
async def test_versions_that_were_tampered_with_are_an_alarm(vault: Tampered, logs: Logs, tampering: str) -> None:
    if "branch" in tampering:
        await vault.tamper(
            "CREATE TEMPORARY TABLE kept_versions AS SELECT * FROM idea_versions WHERE $I",
            "UPDATE kept_versions SET stamp = stamp + 1, previous = previous + 1",
        )
    assert (await versions(vault.ada, vault.idea)).status_code == 200
    await vault.tamper(*OF_VERSIONS[tampering])
    logs.events.clear()

    alarmed(await versions(vault.ada, vault.idea), logs, vault.ada)
    for number in (1, 2, 3, 4):
        answer = await version(vault.ada, vault.idea, number)
        if answer.status_code == 500:
            alarmed(answer, logs, vault.ada)
        else:  # it opens, and so does the one after it
            assert answer.status_code == 200
            assert "Zwiebelturm" in answer.json()["title"]
    if tampering in {"version 2 deleted", "all versions deleted"}:
        alarmed(await revert(vault.ada, vault.idea, 1), logs, vault.ada)
        alarmed(await difference(vault.ada, vault.idea, 1), logs, vault.ada)


async def test_another_idea_is_not_affected(vault: Tampered, logs: Logs) -> None:
    await vault.tamper("DELETE FROM idea_versions WHERE $I AND number = 2")
    assert (await versions(vault.ada, vault.other)).status_code == 200
    assert (await vault.ada.get(vault.idea)).status_code == 200
    assert logs.named("alarm") == []


@pytest.mark.parametrize("tampering", LIMITS)
async def test_what_is_no_alarm(vault: Tampered, tampering: str) -> None:
    right = (await versions(vault.ada, vault.idea)).json()
    await vault.tamper(*LIMITS[tampering])
    assert (await versions(vault.ada, vault.idea)).json() == right


async def test_an_edited_link_is_an_alarm_on_the_page_that_it_is_on(vault: Tampered, logs: Logs) -> None:
    """A page opens its versions and the one after them."""
    await vault.tamper(*OF_VERSIONS["version 3 deleted, and version 4 linked to version 2"])
    for offset, limit in ((0, 1), (1, 1), (0, 100)):
        alarmed(await versions(vault.ada, vault.idea, offset=offset, limit=limit), logs, vault.ada)
    assert (await versions(vault.ada, vault.idea, offset=2, limit=1)).json()["items"][0]["number"] == 1


@pytest.mark.parametrize("tampering", OF_TRASH)
async def test_a_trash_that_was_tampered_with_is_an_alarm(
    vault: Tampered, logs: Logs, tampering: str, house: House
) -> None:
    await vault.ada.delete(vault.idea)
    await vault.ada.delete(vault.other)
    assert (await trash(vault.ada)).status_code == 200
    await vault.tamper(*OF_TRASH[tampering])
    logs.events.clear()

    alarmed(await trash(vault.ada), logs, vault.ada)
    answer = await restore(vault.ada, vault.idea)
    if answer.status_code == 500:
        assert_plain_fault(answer)
    elif "row" in tampering:
        assert answer.status_code == (404 if "deletions" not in tampering else 500)
    else:
        assert answer.status_code == 200, tampering
        assert any(word in tampering for word in ("count", "living"))


async def test_other_pages_of_a_trash_show_that_a_row_is_missing(vault: Tampered, logs: Logs) -> None:
    await vault.ada.delete(vault.idea)
    await vault.ada.delete(vault.other)
    await vault.tamper("DELETE FROM trashed_ideas WHERE $I")
    logs.events.clear()
    for page in ({"limit": 1}, {"offset": 5}):
        alarmed(await trash(vault.ada, **page), logs, vault.ada)


async def test_a_trash_without_a_vault_is_an_alarm(house: House, vault: Tampered, logs: Logs) -> None:
    await vault.ada.delete(vault.idea)
    await vault.tamper("DELETE FROM vaults WHERE $V")
    house.parts.revisions.forget(vault_of(vault.ada))
    logs.events.clear()
    alarmed(await trash(vault.ada), logs, vault.ada)
    alarmed(await restore(vault.ada, vault.living), logs, vault.ada)
