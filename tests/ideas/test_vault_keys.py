"""A wrong or missing vault key makes its vault unreadable with an alert, and affects no other vault."""

from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from tests.application import House
from tests.factories import Creator
from tests.ideas.tampering import PRIVATE, assert_unaffected
from tests.logs import captured_logs


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE keys.vault_keys SET wrapped = other.wrapped FROM keys.vault_keys AS other "
         "WHERE keys.vault_keys.user_id = $1 AND other.user_id = $2", "wrong_key"),
        ("DELETE FROM keys.vault_keys WHERE user_id = $1 AND user_id <> $2", "lost_key"),
        ("UPDATE keys.vault_keys SET root_key_id = 'gone' WHERE user_id = $1 AND user_id <> $2", "lost_key"),
    ],
)  # fmt: skip
async def test_a_wrong_or_missing_vault_key(
    ada: Creator,
    house: House,
    house_with: Callable[..., Awaitable[House]],
    database: asyncpg.Connection,
    statement: str,
    code: str,
) -> None:
    eve = house.creator()
    idea, foreign = await ada.idea(**PRIVATE), await eve.idea(**PRIVATE)
    await database.execute(statement, ada.user_id, eve.user_id)
    restarted = await house_with()

    with captured_logs() as logs:
        reader = restarted.creator(ada.user_id)
        assert (await reader.get(idea)).status_code == 500
        assert (await reader.post({"title": "not stored"})).status_code == 500

    assert [alert["code"] for alert in logs.named("alarm")] == [code, code]
    await assert_unaffected(restarted.creator(eve.user_id), foreign)
