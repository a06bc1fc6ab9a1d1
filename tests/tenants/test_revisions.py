"""Revisions of vaults that a process remembers, and the lock for changes of a vault."""

from uuid import UUID

import pytest

from creatorvault.core.identifiers import TenantId, UserId, VaultId, VaultRevision
from creatorvault.tenants.errors import VaultSetBack
from creatorvault.tenants.revisions import SeenRevisions


def vault(number: int) -> VaultId:
    return VaultId(TenantId(UUID(int=number)), UserId("ada"))


def test_the_least_recently_used_vaults_are_evicted() -> None:
    seen = SeenRevisions(size=2)
    for number in (1, 2, 1, 3):
        seen.put(vault(number), VaultRevision(number))

    assert len(seen) == 2
    assert [seen.get(vault(number)) for number in (1, 2, 3)] == [1, None, 3]


def test_a_late_lower_revision_is_ignored() -> None:
    seen = SeenRevisions()
    for revision in (3, 5, 4):
        seen.put(vault(1), VaultRevision(revision))

    assert seen.get(vault(1)) == 5


@pytest.mark.parametrize("shown", [4, None])
def test_a_vault_that_was_set_back_is_reported_once_then_forgotten(shown: int | None) -> None:
    seen, revision = SeenRevisions(), None if shown is None else VaultRevision(shown)
    seen.put(vault(1), known := VaultRevision(5))

    with pytest.raises(VaultSetBack) as alert:
        seen.check(vault(1), known, revision)
    seen.check(vault(1), seen.get(vault(1)), revision)

    assert alert.value.ids["user_id"] == "ada"
    assert seen.get(vault(1)) is None


@pytest.mark.parametrize(("known", "shown"), [(None, None), (None, 4), (4, 4), (4, 5)])
def test_a_revision_that_grows_raises_no_alert(known: int | None, shown: int | None) -> None:
    """Also if others have changed the vault since the known revision was read."""
    seen = SeenRevisions()
    seen.put(vault(1), VaultRevision(9))

    seen.check(vault(1), *(None if revision is None else VaultRevision(revision) for revision in (known, shown)))

    assert seen.get(vault(1)) == 9
