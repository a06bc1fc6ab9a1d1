"""Statements that change ideas. Each runs alone or in a transaction.

Each updates the counters in the vault's row first, which serialises all changes of a vault.
"""

from typing import Final

from creatorvault.core.database.tenant_context import HIDDEN_TENANT, UNSEGMENTED_IS_SET
from creatorvault.tenants.statements.changes import CHANGED, FIRST_ARGUMENT

GIVEN: Final = ("id", "title", "notes", "tags", "stage", "priority", "due_date", "stamp")
"""The columns given as arguments. The times are the vault's, and the database assigns the revision."""

ARGUMENTS: Final = [f"${FIRST_ARGUMENT + place}" for place in range(len(GIVEN))]
EXPECTED_BY_UPDATE: Final = f"${FIRST_ARGUMENT + len(GIVEN)}"
EXPECTED_BY_DELETE: Final = f"${FIRST_ARGUMENT + 1}"

# Without the first condition, which depends on `changed`, row-level security would be evaluated for the idea before the
# context is set.
THIS: Final = f"""
    {UNSEGMENTED_IS_SET}
    AND ideas.tenant_id = {HIDDEN_TENANT} AND ideas.user_id = $2 AND ideas.id = ${FIRST_ARGUMENT}
"""
# The vault was locked before the idea is looked up. If another process has changed or deleted the idea meanwhile, a
# division by zero aborts the statement.
ALL_OR_NOTHING: Final = "SELECT revision / (SELECT count(*) FROM touched) FROM changed"

INSERT: Final = f"""
    {CHANGED}
    INSERT INTO ideas (tenant_id, user_id, revision, created_at, updated_at, {", ".join(GIVEN)})
    SELECT tenant_id, $2, revision, $8, $8, {", ".join(ARGUMENTS)} FROM changed
    RETURNING revision
"""  # noqa: S608 - put together from constants
UPDATE: Final = f"""
    {CHANGED}, touched AS (
        UPDATE ideas
        SET updated_at = $8, revision = (SELECT revision FROM changed),
            {", ".join(f"{name} = {argument}" for name, argument in zip(GIVEN[1:], ARGUMENTS[1:], strict=True))}
        WHERE {THIS} AND ideas.stamp = {EXPECTED_BY_UPDATE}
        RETURNING ideas.id
    )
    {ALL_OR_NOTHING}
"""  # noqa: S608 - put together from constants
DELETE: Final = f"""
    {CHANGED}, touched AS (DELETE FROM ideas WHERE {THIS} AND ideas.stamp = {EXPECTED_BY_DELETE} RETURNING ideas.id)
    {ALL_OR_NOTHING}
"""  # noqa: S608 - put together from constants
