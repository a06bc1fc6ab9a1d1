"""The changes of ideas: the text of each stands here once, and runs alone or in a transaction.

Each counts in the vault's row first, which serialises all changes of a vault.
"""

from typing import Final

from creatorvault.tenants.statements.changes import CHANGED, FIRST_ARGUMENT

GIVEN: Final = ("id", "title", "notes", "tags", "stage", "priority", "due_date", "stamp")
"""What a statement is given beside the times, which are the vault's. The revision is assigned by the database."""

ARGUMENTS: Final = [f"${FIRST_ARGUMENT + place}" for place in range(len(GIVEN))]
EXPECTED_BY_UPDATE: Final = f"${FIRST_ARGUMENT + len(GIVEN)}"
EXPECTED_BY_DELETE: Final = f"${FIRST_ARGUMENT + 1}"

# Without the first condition, which only `changed` can meet, row-level security would be asked about the idea before
# the context is set. By the argument alone the planner would choose a partition, and so make a plan for each execution,
# which takes longer than executing it does. By concat(), which is merely stable, it is chosen when the statement
# starts. Where the vault, which is locked by now, has no segment, nothing has to look for the one that the idea is in.
THIS: Final = f"""
    (SELECT set_config('app.unsegmented', (NOT segmented)::text, true) FROM changed) IS NOT NULL
    AND ideas.tenant_id = concat($1::text)::uuid AND ideas.user_id = $2 AND ideas.id = ${FIRST_ARGUMENT}
"""  # noqa: S608 - constants
# The vault was locked before the idea was looked for. If another process has changed or deleted the idea meanwhile, a
# division by zero undoes all.
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
