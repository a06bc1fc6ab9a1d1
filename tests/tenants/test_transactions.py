"""Changes in a transaction that holds the lock on the vault: what is still refused there."""

from typing import Any

import asyncpg
import pytest

from creatorvault.crypto.keyring import Keyring
from creatorvault.tenants.opening import LockedVault
from tests.application import House
from tests.factories import Creator
from tests.ideas.tampering import assert_plain_fault
from tests.logs import Logs
from tests.ways import forget, vault_of


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_an_idea_that_vanishes_under_the_lock_is_an_alarm(
    house: House, ada: Creator, database: asyncpg.Connection, logs: Logs, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """Nobody can do that but behind the service's back."""
    idea = await ada.idea("Vanishing")
    vault = await database.fetchrow("SELECT * FROM vaults WHERE user_id = $1", ada.user_id)
    forget(house, vault_of(ada))
    look = LockedVault.look

    async def vanished_after(self: LockedVault, *arguments: Any) -> Any:
        seen = await look(self, *arguments)
        await database.execute("DELETE FROM ideas WHERE id = $1", idea["id"])
        return seen

    monkeypatch.setattr(LockedVault, "look", vanished_after)
    answer = await ada.request(method, ada.url_of(idea), json={"title": "Another"})

    assert_plain_fault(answer)
    assert [alert["code"] for alert in logs.named("alarm")] == ["vault_mismatch"]
    assert await database.fetchrow("SELECT * FROM vaults WHERE user_id = $1", ada.user_id) == vault


async def test_a_key_that_must_always_be_rotated_again_is_503(
    house: House, ada: Creator, database: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As while others write so fast that each new key is used up at once."""
    await ada.idea("Before")
    forget(house, vault_of(ada))
    with monkeypatch.context() as patch:
        patch.setattr(Keyring, "must_rotate", lambda *_: True)
        assert (await ada.post({"title": "Never"})).status_code == 503

    assert await ada.titles() == ["Before"]
    assert (await ada.post({"title": "After"})).status_code == 201
