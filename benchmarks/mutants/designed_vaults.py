"""Faults that somebody thought of, in tenants and ideas, which move more often."""

from typing import Final

from benchmarks.mutants.faults import Fault

_ADVANCES: Final = "creatorvault/tenants/statements/changes.py"
_ADMISSION: Final = "creatorvault/tenants/admission.py"
_VAULTS: Final = "creatorvault/tenants/services.py"
_READS: Final = "creatorvault/ideas/statements/reads.py"
_CHANGES: Final = "creatorvault/ideas/statements/changes.py"
_IDEAS: Final = "creatorvault/ideas/services.py"
_SEALING: Final = "creatorvault/ideas/sealing.py"
_CURSORS: Final = "creatorvault/ideas/lists/cursors.py"
_PAGES: Final = "creatorvault/ideas/lists/pages.py"
_SEGMENTS: Final = "creatorvault/ideas/segments/writer.py"

TENANTS: Final = (
    Fault(
        "a suspended tenant stores ideas by a warm process",
        _ADVANCES,
        " AND tenants.status = 'active'",
        "",
        ("tests/tenants/test_status.py",),
    ),
    Fault(
        "a suspended tenant is read by a warm process",
        _VAULTS,
        "if status != TenantStatus.ACTIVE or revision is None or",
        "if revision is None or",
        ("tests/tenants/test_status.py",),
    ),
    Fault(
        "a suspended tenant is served",
        _ADMISSION,
        "        case TenantStatus.SUSPENDED:\n            raise TenantSuspended\n",
        "",
        ("tests/tenants/test_status.py",),
    ),
    Fault(
        "a tenant's own quota behind the default",
        "creatorvault/tenants/quotas.py",
        "return default if own is None else own",
        "return own if default is None else default",
        ("tests/tenants/test_quotas.py", "tests/tenants/test_own_tenant.py"),
    ),
    Fault(
        "a quota that is off by one",
        "creatorvault/tenants/quotas.py",
        "used + growth > limit:",
        "used + growth > limit + 1:",
        ("tests/tenants/test_quotas.py",),
    ),
    Fault(
        "a quota that is off by one in a warm process",
        _ADVANCES,
        "vaults.idea_count + $5::bigint <= coalesce(",
        "vaults.idea_count + $5::bigint <= 1 + coalesce(",
        ("tests/tenants/test_quotas.py",),
    ),
    Fault(
        "a tenant's quota that a warm process does not look at",
        _ADVANCES,
        "            AND ($15::boolean OR (tenants.idea_quota IS NULL AND tenants.byte_quota IS NULL))\n",
        "",
        ("tests/tenants/test_quotas.py",),
    ),
    Fault(
        "a key that is in no row any more seals for a warm process",
        _ADVANCES,
        "vault_keys.wrapped = $13",
        "$13::bytea IS NOT NULL",
        ("tests/tenants/test_lost_keys.py",),
    ),
    Fault(
        "a change of what another process has changed since",
        _CHANGES,
        "WHERE {THIS} AND ideas.stamp = {EXPECTED_BY_UPDATE}",
        "WHERE {THIS} AND {EXPECTED_BY_UPDATE}::bigint IS NOT NULL",
        ("tests/ideas/test_changes.py",),
    ),
    Fault(
        "a vault that was set back is written to by a warm process",
        _ADVANCES,
        " AND vaults.revision >= $4::bigint\n",
        " AND $4::bigint IS NOT NULL\n",
        ("tests/tenants/test_set_back.py",),
    ),
    Fault(
        "a key that is due is not rotated by a warm process",
        _ADVANCES,
        "            AND vaults.revision + 1 - $11 < $14::bigint\n",
        "            AND $14::bigint IS NOT NULL\n",
        ("tests/tenants/test_key_rotation.py",),
    ),
    Fault(
        "a digest that forgets what was there before a change",
        _IDEAS,
        "row.stamp ^ found.row.stamp",
        "row.stamp",
        ("tests/ideas/test_changes.py", "tests/ideas/test_corpora.py"),
    ),
    Fault(
        "a key is used that was never committed",
        _VAULTS,
        "                await stack.aclose()\n",
        "",
        ("tests/tenants", "tests/isolation/test_first_writes.py"),
    ),
    Fault(
        "a vault that was set back is believed",
        "creatorvault/tenants/revisions.py",
        "if known is not None and (revision is None or revision < known):",
        "if False:",
        ("tests/tenants/test_set_back.py", "tests/tenants/test_revisions.py"),
    ),
    Fault(
        "organizations and people of one name share a tenant",
        "creatorvault/tenants/resolution.py",
        "_id_of(self.realm, self.kind.value, self.external_id)",
        "_id_of(self.realm, self.external_id)",
        ("tests/tenants/test_organizations.py",),
    ),
    Fault(
        "people of one name in two realms share a tenant",
        "creatorvault/tenants/resolution.py",
        "_id_of(self.realm, self.kind.value, self.external_id)",
        "_id_of(self.kind.value, self.external_id)",
        ("tests/tenants/test_organizations.py",),
    ),
    Fault(
        "every member looks after the tenant",
        "creatorvault/tenants/dependencies.py",
        "if set(settings.admin.tenant_roles).isdisjoint(request.user.org_roles):",
        "if not request.user.org_roles:",
        ("tests/tenants/test_own_tenant.py",),
    ),
)

IDEAS: Final = (
    Fault(
        "a neighbour's ideas are counted and sorted",
        _READS,
        'WHOLE: Final = "ideas.tenant_id = context.tenant_id AND ideas.user_id = context.user_id"',
        'WHOLE: Final = "ideas.tenant_id = context.tenant_id"',
        ("tests/isolation/test_matrix.py",),
    ),
    Fault(
        "a neighbour's idea is changed and deleted",
        _CHANGES,
        " AND ideas.user_id = $2 AND ideas.id",
        " AND ideas.id",
        ("tests/isolation/test_scopes.py",),
    ),
    Fault(
        "the isolation tests leave one condition in",
        "tests/isolation/scopes.py",
        "for condition in reversed(conditions):",
        "for condition in reversed(conditions[1:]):",
        ("tests/isolation/test_scopes.py", "tests/isolation/test_locks.py"),
    ),
    Fault(
        "a segment with a negative revision",
        "creatorvault/ideas/segments/sealing.py",
        "last.to_bytes(8, signed=True)",
        "last.to_bytes(8)",
        ("tests/ideas/test_segments.py", "tests/ideas/test_segment_rows.py", "tests/ideas/test_tampering_matrix.py"),
    ),
    Fault(
        "a neighbour's segments are forgotten",
        _SEGMENTS,
        "        AND tenant_id = $1::text::uuid AND user_id = $2\n",
        "        AND tenant_id = $1::text::uuid AND $2::text IS NOT NULL\n",
        ("tests/isolation/test_scopes.py", "tests/ideas/test_segments.py"),
    ),
    Fault(
        "segments are written for another revision than the vault's",
        _SEGMENTS,
        " AND vaults.revision = $3\n",
        " AND $3::bigint IS NOT NULL\n",
        ("tests/ideas/test_segments.py",),
    ),
    Fault(
        "an idea that is not bound to its creator",
        _SEALING,
        "context(domain, vault.tenant_id.bytes, vault.user_id.encode())",
        "context(domain, vault.tenant_id.bytes)",
        ("tests/crypto/test_encryption_document.py", "tests/ideas/test_swaps.py"),
    ),
    Fault(
        "an idea that can be set back to how it was",
        _SEALING,
        "row_context(idea_id, version, stage, priority, due_date, created_at, updated_at)",
        "row_context(idea_id, 0, stage, priority, due_date, created_at, updated_at)",
        ("tests/ideas",),
    ),
    Fault(
        "a cursor of another list",
        _CURSORS,
        "vault.user_id.encode(), _encode(question))",
        'vault.user_id.encode(), b"")',
        ("tests/contract/test_wrong_cursors.py",),
    ),
    Fault(
        "a cursor under the key of ideas",
        _CURSORS,
        "_written(cipher.for_purpose(PURPOSE).seal_json(",
        "_written(cipher.seal_json(",
        ("tests/contract/test_cursors.py", "tests/crypto/test_encryption_document.py"),
    ),
    Fault(
        "304 for a list that has changed",
        _PAGES,
        "version = None if vault is None else vault.version",
        "version = None",
        ("tests/contract/test_conditional.py",),
    ),
    Fault(
        "304 for another list",
        _PAGES,
        "repr((version, *query.__dict__.values()))",
        "repr(version)",
        ("tests/contract/test_conditional.py",),
    ),
    Fault(
        "deleting without the precondition",
        _IDEAS,
        "        self._precondition.check(found.tag)\n        usage = UsageDelta(ideas=-1",
        "        usage = UsageDelta(ideas=-1",
        ("tests/contract/test_conditional.py",),
    ),
    Fault(
        "changing without the precondition",
        _IDEAS,
        "        self._precondition.check(found.tag)\n        before =",
        "        before =",
        ("tests/contract/test_conditional.py",),
    ),
    Fault(
        "a search finds what was there before the last change",
        "creatorvault/ideas/search/cache.py",
        "search_index is None or search_index.version != version:",
        "search_index is None or search_index.version.idea_count != version.idea_count:",
        ("tests/ideas/test_corpora.py", "tests/ideas/test_search_page.py"),
    ),
    Fault(
        "a doubt of one creator is another's",
        "creatorvault/ideas/in_doubt.py",
        "for part in (vault.user_id.encode(), given.model_dump_json().encode()):",
        "for part in (given.model_dump_json().encode(),):",
        ("tests/ideas/test_in_doubt.py",),
    ),
    Fault(
        "the path names another creator than the token",
        "creatorvault/ideas/dependencies.py",
        "if path.user_id != identity.subject:",
        "if False:",
        ("tests/contract",),
    ),
)

MOVING: Final = (*TENANTS, *IDEAS)
