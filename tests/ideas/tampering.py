"""An attacker with SQL access, and assertions about what a creator and an operator see."""

from dataclasses import dataclass
from typing import Any, Final

import asyncpg
import httpx

from tests.factories import Creator, Idea
from tests.logs import Logs

SEALED = ("title", "notes", "tags")
PRIVATE: Final[dict[str, Any]] = {"title": "Zwiebelturm", "notes": "Hexenkessel", "tags": ["Moosglocke"]}
WORDS = ("Zwiebelturm", "Hexenkessel", "Moosglocke")


@dataclass
class Attacker:
    """Can write to the database, but has no key."""

    sql: asyncpg.Connection

    async def column(self, idea: Idea, column: str) -> Any:
        return await self.sql.fetchval(f"SELECT {column} FROM ideas WHERE id = $1", idea["id"])

    async def set(self, idea: Idea, **columns: Any) -> None:
        names = ", ".join(f"{name} = ${position}" for position, name in enumerate(columns, 2))
        done = await self.sql.execute(f"UPDATE ideas SET {names} WHERE id = $1", idea["id"], *columns.values())
        assert done == "UPDATE 1"

    async def move(self, idea: Idea, to: Idea) -> None:
        """Moves the row to the vault of the other idea."""
        query = "SELECT tenant_id, user_id FROM ideas WHERE id = $1"
        target = await self.sql.fetchrow(query, to["id"])
        await self.set(idea, tenant_id=target["tenant_id"], user_id=target["user_id"])


def assert_plain_fault(answer: httpx.Response) -> None:
    assert answer.status_code == 500, answer.text
    assert list(answer.json()) == ["detail", "code", "error"]
    assert answer.json()["error"]["code"] == "INTERNAL_SERVER_ERROR"
    assert [word for word in WORDS if word in answer.text] == []


async def assert_refused(reader: Creator, idea: Idea | str, logs: Logs, code: str = "tampered") -> None:
    """Reading the idea, and every list that contains it, gives a 500 and an alert; nothing is omitted silently."""
    idea_id = idea if isinstance(idea, str) else idea["id"]
    logs.events.clear()
    answers = [
        await reader.get(idea_id),
        await reader.list({"limit": 100}),
        await reader.list({"search": "nothing has this"}),
        await reader.patch(idea_id, {"stage": "draft"}),
    ]

    for answer in answers:
        assert_plain_fault(answer)
    alerts = [(alert["code"], alert["user_id"], alert["idea_id"]) for alert in logs.named("alarm")]
    assert alerts == [(code, reader.user_id, idea_id)] * len(answers)
    assert [word for word in WORDS if word in logs.text] == []


async def assert_unaffected(reader: Creator, idea: Idea) -> None:
    answer = await reader.get(idea)

    assert (answer.status_code, answer.json()) == (200, idea)
