"""The rows of wrapped keys."""

from creatorvault.crypto.models import VaultKey
from tests.crypto.samples import new_vault


def test_a_key_row_shows_nothing_of_its_key() -> None:
    row = VaultKey(
        tenant_id=new_vault().tenant_id,
        user_id="ada",
        version=1,
        root_key_id="tests",
        wrapped=b"canary",
        first_revision=1,
    )
    assert "canary" not in repr(row)
    assert row.created_at.tzinfo is not None
