"""Statements that change ideas. Each runs alone or in a transaction.

Each updates the counters in the vault's row first, which serialises all changes of a vault. A change or deletion has
two forms. One keeps the version that it replaces: the row is copied as it is, to `idea_versions` or `trashed_ideas`.
The other, for vaults that keep nothing, deletes all earlier versions as well. A deletion leaves a tombstone.
"""

from typing import Final

from creatorvault.core.database.tenant_context import HIDDEN_TENANT, UNSEGMENTED_IS_SET
from creatorvault.ideas.statements.reads import SIZE
from creatorvault.tenants.statements.changes import CHANGED, FIRST_ARGUMENT

GIVEN: Final = (
    *("id", "title", "notes", "tags", "stage", "priority", "due_date"),
    *("stamp", "number", "previous"),
)
"""The columns given as arguments. The times are the vault's, and the database assigns the revision."""

ARGUMENTS: Final = [f"${FIRST_ARGUMENT + place}" for place in range(len(GIVEN))]
SECOND: Final = f"${FIRST_ARGUMENT + 1}"
"""The argument after the id, of a deletion."""
THIRD: Final = f"${FIRST_ARGUMENT + 2}"
LAST: Final = f"${FIRST_ARGUMENT + len(GIVEN)}"
"""The argument after GIVEN, of an update."""
AFTER_LAST: Final = f"${FIRST_ARGUMENT + len(GIVEN) + 1}"

# Without the first condition, which depends on `changed`, row-level security would be evaluated for the idea before the
# context is set.
THIS: Final = f"""
    {UNSEGMENTED_IS_SET}
    AND ideas.tenant_id = {HIDDEN_TENANT} AND ideas.user_id = $2 AND ideas.id = ${FIRST_ARGUMENT}
"""
ROW: Final = """
    tenant_id, user_id, id, title, notes, tags, stage, priority, due_date, created_at, updated_at,
    stamp, number, previous, revision
"""
"""All columns of an idea's row but the one that the database computes."""

FORGOTTEN: Final = f"""
    forgotten AS (
        DELETE FROM idea_versions
        WHERE EXISTS (SELECT FROM changed)
            AND idea_versions.tenant_id = {HIDDEN_TENANT} AND idea_versions.user_id = $2
            AND idea_versions.id = ${FIRST_ARGUMENT}
        RETURNING {SIZE} AS size
    )
"""  # noqa: S608 - constants
"""All earlier versions of the idea."""

# The vault was locked before the idea is looked up. If another process has changed or deleted the idea meanwhile, a
# division by zero aborts the statement.
ALL_OR_NOTHING: Final = "SELECT max(revision / (SELECT count(*) FROM touched)) FROM changed"
# The same if its earlier versions have another size than the writer has counted, in {size}.
NEITHER_MORE: Final = """
    SELECT max(revision / (
        SELECT count(*) FROM touched WHERE {size}::bigint = (SELECT coalesce(sum(size), 0) FROM forgotten)
    )) FROM changed
"""

_INSERTED: Final = f"""
    , inserted AS (
        INSERT INTO ideas (tenant_id, user_id, revision, first_revision, created_at, updated_at, {", ".join(GIVEN)})
        SELECT tenant_id, $2, revision, {{first_revision}}, $8, $8, {", ".join(ARGUMENTS)} FROM changed
        RETURNING revision
    )
    SELECT max(revision) FROM inserted
"""  # noqa: S608 - put together from constants
INSERT: Final = f"{CHANGED} {_INSERTED.format(first_revision='revision')}"
"""For an id that was never used."""

UNBURIED: Final = f"""
    unburied AS (
        DELETE FROM idea_tombstones
        WHERE EXISTS (SELECT FROM changed)
            AND idea_tombstones.tenant_id = {HIDDEN_TENANT} AND idea_tombstones.user_id = $2
            AND idea_tombstones.id {{ids}}
        RETURNING idea_tombstones.id, idea_tombstones.first_revision
    )
"""  # noqa: S608 - constants
"""An id that comes back has no tombstone. Devices may know it since its first life."""

FIRST_KNOWN: Final = "coalesce((SELECT first_revision FROM unburied), revision)"
INSERT_AGAIN: Final = f"""
    {CHANGED}, {UNBURIED.format(ids=f"= ${FIRST_ARGUMENT}")} {_INSERTED.format(first_revision=FIRST_KNOWN)}
"""
"""For an id that may belong to a deleted idea."""


def _copied(table: str, more: dict[str, str], stamp: str) -> str:
    """The row as it is, and further columns.

    It is locked, so that it is read as it is now and not as it was when the statement began to wait for the vault: a
    rotation of keys may have sealed it again meanwhile, and destroys the key that it was sealed with. The change comes
    after it (IS_KEPT): a row that the same statement has changed is not found.
    """
    return f"""
        kept AS (
            INSERT INTO {table} AS copied ({ROW}, {", ".join(more)})
            SELECT {ROW}, {", ".join(more.values())} FROM ideas WHERE {THIS} AND ideas.stamp = {stamp} FOR UPDATE
            RETURNING copied.id
        )
    """  # noqa: S608 - put together from constants


IS_KEPT: Final = "AND EXISTS (SELECT FROM kept)"

UPDATED: Final = f"""
    touched AS (
        UPDATE ideas
        SET updated_at = $8, revision = (SELECT revision FROM changed),
            {", ".join(f"{name} = {argument}" for name, argument in zip(GIVEN[1:], ARGUMENTS[1:], strict=True))}
        WHERE {THIS} AND ideas.stamp = {LAST} {{more}}
        RETURNING ideas.id
    )
"""  # noqa: S608 - put together from constants
DELETED: Final = f"""
    touched AS (
        DELETE FROM ideas WHERE {THIS} AND ideas.stamp = {SECOND} {{more}}
        RETURNING ideas.id, ideas.first_revision
    ), buried AS (
        INSERT INTO idea_tombstones AS known (tenant_id, user_id, id, revision, first_revision, deleted_at)
        SELECT changed.tenant_id, $2, touched.id, changed.revision, coalesce(touched.first_revision, 0), $8
        FROM changed, touched
        ON CONFLICT (tenant_id, user_id, id) DO UPDATE
        SET revision = excluded.revision, deleted_at = excluded.deleted_at,
            first_revision = least(known.first_revision, excluded.first_revision)
    )
"""  # noqa: S608 - put together from constants

UPDATE: Final = f"""
    {CHANGED}, {_copied("idea_versions", {"replaced_at": "$8"}, LAST)}, {UPDATED.format(more=IS_KEPT)}
    {ALL_OR_NOTHING}
"""
"""Arguments after those of CHANGED: GIVEN and the stamp of the version that is replaced, which is kept."""

UPDATE_FORGETTING: Final = f"{CHANGED}, {FORGOTTEN}, {UPDATED.format(more='')} {NEITHER_MORE.format(size=AFTER_LAST)}"
"""Arguments as of UPDATE, and the size of earlier versions in bytes. None is kept."""

DELETE: Final = f"""
    {CHANGED},
    {_copied("trashed_ideas", {"first_revision": "first_revision", "deleted_at": "$8", "deletion": THIRD}, SECOND)},
    {DELETED.format(more=IS_KEPT)}
    {ALL_OR_NOTHING}
"""
"""Arguments: id, stamp, and the sealed deletion (`history.sealing`). Moves the idea to the trash."""

DELETE_FORGETTING: Final = f"{CHANGED}, {FORGOTTEN}, {DELETED.format(more='')} {NEITHER_MORE.format(size=THIRD)}"
"""Arguments: id, stamp, and the size of earlier versions in bytes. Nothing of the idea is left."""
