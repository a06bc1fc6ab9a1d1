"""Disabling a scope removes all of its conditions in any form, or fails."""

import pytest

from tests.isolation.scopes import conditions_of, without_scope

REWRITTEN = {
    "SELECT * FROM ideas WHERE tenant_id = $1 AND user_id = $2": (
        "SELECT * FROM ideas WHERE ($1::uuid IS NOT NULL) AND ($2::text IS NOT NULL)"
    ),
    "DELETE FROM idea_segments WHERE (SELECT 1) = $3 AND $1::text::uuid = tenant_id AND user_id = $2 RETURNING ideas": (
        "DELETE FROM idea_segments WHERE (SELECT 1) = $3 AND ($1::text::uuid::uuid IS NOT NULL) "
        "AND ($2::text IS NOT NULL) RETURNING ideas"
    ),
    "UPDATE vaults SET user_id = $3, revision = 1 FROM tenants WHERE tenants.tenant_id = vaults.tenant_id": (
        "UPDATE vaults SET user_id = $3, revision = 1 FROM tenants WHERE (vaults.tenant_id::uuid IS NOT NULL)"
    ),
    "SELECT EXISTS (SELECT FROM keys.vault_keys WHERE keys.vault_keys.user_id = $2 AND version = $3)": (
        "SELECT EXISTS (SELECT FROM keys.vault_keys WHERE ($2::text IS NOT NULL) AND version = $3)"
    ),
    "SELECT tenants.tenant_id FROM context JOIN tenants ON (tenants.tenant_id = context.tenant_id)": (
        "SELECT tenants.tenant_id FROM context JOIN tenants ON ((context.tenant_id::uuid IS NOT NULL))"
    ),
    "SELECT 1 FROM ideas WHERE ideas.tenant_id = concat($1::text)::uuid AND ideas.user_id = context.user_id": (
        "SELECT 1 FROM ideas WHERE (concat($1::text)::uuid::uuid IS NOT NULL) AND (context.user_id::text IS NOT NULL)"
    ),
    "SELECT 1 FROM ideas WHERE ideas.vault_hash = hashtextextended($2, uuid_hash_extended(concat($1::text)::uuid, 0)) "
    'AND ideas.user_id COLLATE "C" = $2': (
        "SELECT 1 FROM ideas WHERE (hashtextextended($2, uuid_hash_extended(concat($1::text)::uuid, 0)) IS NOT NULL) "
        "AND ($2::text IS NOT NULL)"
    ),
    "SELECT 1 FROM ideas WHERE ideas.tenant_id = $1::text::uuid AND context.tenant_id IS NOT NULL AND user_id = $2": (
        "SELECT 1 FROM ideas WHERE ($1::text::uuid::uuid IS NOT NULL) AND context.tenant_id IS NOT NULL "
        "AND ($2::text IS NOT NULL)"
    ),
    "INSERT INTO ideas (tenant_id, user_id) SELECT tenant_id, $2 FROM advanced": (
        "INSERT INTO ideas (tenant_id, user_id) SELECT tenant_id, $2 FROM advanced"
    ),
    "SELECT set_config('app.tenant_id', $1, true) = $1": "SELECT set_config('app.tenant_id', $1, true) = $1",
}


@pytest.mark.parametrize("statement", REWRITTEN)
def test_only_the_conditions_of_the_scope_are_removed(statement: str) -> None:
    assert without_scope(statement) == REWRITTEN[statement]


@pytest.mark.parametrize(
    "condition",
    [
        "user_id IN ($2)",
        "user_id IN (SELECT user_id FROM vaults)",
        "ideas.user_id = ANY ($2)",
        "user_id = (SELECT $2)",
        "user_id = lower($2)",
        'user_id COLLATE "x" = $2',
        "vault_hash = $2",
        "(tenant_id, user_id) = ($1, $2)",
        "(ideas.tenant_id, ideas.user_id) IN (($1, $2))",
        "user_id IS NOT DISTINCT FROM $2",
        "user_id LIKE $2",
        "user_id <> $2",
        "NOT user_id != $2",
        "user_id >= $2",
        "user_id BETWEEN $2 AND $2",
        "user_id::text = $2",
        "id = $3",
    ],
)
def test_an_unknown_form_of_a_scope_is_an_error(condition: str) -> None:
    tenant = "" if condition == "id = $3" else "tenant_id = $1 AND "
    with pytest.raises(AssertionError):
        without_scope(f"SELECT * FROM ideas WHERE {tenant}{condition}")


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT count(*) FROM ideas",
        "UPDATE vaults SET segmented = true",
        "SELECT * FROM tenants JOIN vaults USING (tenant_id)",
        "DELETE FROM keys.vault_keys WHERE version = 1",
        "DELETE FROM idempotency_answers USING vaults WHERE expires_at < now()",
    ],
)
def test_a_statement_without_a_scope_is_an_error(statement: str) -> None:
    with pytest.raises(AssertionError):
        without_scope(statement)


def test_each_condition_can_be_removed_alone() -> None:
    statement = "SELECT * FROM ideas WHERE tenant_id = $1 AND user_id = $2"

    assert [condition.dropped_from(statement) for condition in conditions_of(statement)] == [
        "SELECT * FROM ideas WHERE ($1::uuid IS NOT NULL) AND user_id = $2",
        "SELECT * FROM ideas WHERE tenant_id = $1 AND ($2::text IS NOT NULL)",
    ]
