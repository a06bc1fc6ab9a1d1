"""The tenant of a transaction, `app.tenant_id`, which the policies of row-level security compare rows with.

On one server a statement that runs alone sets it itself. On a Citus cluster (docs/scaling.md) the forms differ:

- Only `SET LOCAL`, in a transaction with `citus.propagate_set_commands = 'local'`, reaches the nodes. A read that is
  sent to one node as a whole may set the context itself, as on one server.
- A statement is sent to one node if each table in it is compared with the tenant as a parameter.
- UPDATE and DELETE may not contain volatile functions, such as `set_config`.
"""

from functools import lru_cache
from typing import Final
from uuid import UUID

CONTEXT_IS_SET: Final = "(SELECT set_config('app.tenant_id', $1::text, true)) = $1::text"
"""For a change that runs alone, whose first argument is the tenant's id.

A condition without columns is a one-time filter in PostgreSQL, evaluated before any row is read. If it were evaluated
later, row-level security would hide the rows, and nothing would be changed.
"""

HIDDEN_TENANT: Final = "concat($1::text)::uuid"
"""The tenant in a form that hides it from the planner.

concat() is STABLE, so partitions are pruned when execution starts. With a plain argument they would be pruned at
planning time, and so each execution would be planned, which takes longer than executing.
"""

UNSEGMENTED_IS_SET: Final = (
    "(SELECT set_config('app.unsegmented', (NOT segmented)::text, true) FROM changed) IS NOT NULL"
)
"""For a change of ideas, after `tenants.statements.changes.CHANGED`.

If the vault, which is locked at this point, has no segment, the trigger need not search for the segment of the idea.
"""

ROUTED: Final = {
    # The row that these come from still has to be there first: it sets the context, or locks the vault.
    "= context.tenant_id": "= $1::text::uuid AND context.tenant_id IS NOT NULL",
    "= vault.tenant_id": "= $1::text::uuid AND vault.tenant_id IS NOT NULL",
    HIDDEN_TENANT: "$1::text::uuid",
    CONTEXT_IS_SET: "true",
    UNSEGMENTED_IS_SET: "EXISTS (SELECT FROM changed)",
}
"""Expressions of statements for one server, and those that take their place on Citus."""

REACHES_NODES: Final = "SET LOCAL citus.propagate_set_commands = 'local'"


def beginning(tenant_id: UUID | None, *, distributed: bool) -> str:
    """Returns the statements that follow BEGIN in the same round trip."""
    context = "" if tenant_id is None else f"; SET LOCAL app.tenant_id = '{tenant_id}'"
    return f"; {REACHES_NODES}{context}" if distributed else context


@lru_cache(512)
def routed(statement: str) -> str:
    """Returns the form of a statement that Citus sends to one node. Its first argument must be the tenant's id."""
    for alone, on_a_node in ROUTED.items():
        statement = statement.replace(alone, on_a_node)
    return statement
