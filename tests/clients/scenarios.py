"""What the helpers do, one scenario a process; prints a JSON result that `scenarios.ts` prints as well."""

import asyncio
import json
import sys
from collections.abc import Awaitable
from contextlib import aclosing
from uuid import uuid4

from creatorvault_client import (
    ApiError,
    Client,
    Conflict,
    Device,
    Idea,
    IdeaUpdate,
    MemoryStore,
    Operation,
    Retries,
    Rule,
    StreamEndedError,
    UnreachableError,
    Vault,
    every_item,
    merge,
)
from creatorvault_client.models import CreateOperation, IdeaCreate, UserProfile

UNKNOWN = "00000000-0000-4000-8000-000000000000"
LONG = "x" * 201


async def failure(action: Awaitable[object]) -> object:
    try:
        return await action
    except ApiError as error:
        return [error.status, error.code, [field["loc"] for field in error.fields]]
    except UnreachableError:
        return "unreachable"
    except StreamEndedError as error:
        return error.reason


async def status_of(action: Awaitable[object]) -> object:
    answer = await failure(action)
    return answer[0] if isinstance(answer, list) else answer


class Scenarios:
    def __init__(self, client: Client, vault: Vault, asked: list[str]) -> None:
        self.client = client
        self.vault = vault
        self.asked = asked

    async def titles(self) -> list[str]:
        return [idea["title"] async for idea in self.vault.ideas({"sort": "title", "order": "asc"})]

    async def devices(self, rule: Rule = merge) -> tuple[Device, Device, str]:
        one = await Device.open(self.vault, MemoryStore(), rule)
        other = await Device.open(self.vault, MemoryStore(), rule)
        idea_id = await one.create({"title": "Shared", "tags": ["a"]})
        await one.sync()
        await other.sync()
        return one, other, idea_id

    async def create(self) -> object:
        version = await self.vault.create({"title": "Once"})
        return [version.idea["title"], version.etag != "*", await self.titles(), self.asked]

    async def creating(self) -> object:
        return [await failure(self.vault.create({"title": "Once"})), await self.titles()]

    async def typed(self) -> object:
        profile = await self.client.call("GET", "/api/v1/users/me", UserProfile)
        path = f"/api/v1/{profile['user_id']}/ideas"
        missing = await status_of(self.client.send("GET", f"{path}/{UNKNOWN}"))
        made = await self.client.call("POST", path, IdeaCreate, body={"title": "Typed"})
        return [profile["authenticated"], missing, made["title"]]

    async def refused(self) -> object:
        return [await failure(self.vault.create({"title": LONG})), await status_of(self.vault.get(UNKNOWN))]

    async def list(self) -> object:
        operations: list[CreateOperation] = [{"op": "create", "idea": {"title": f"{1000 + n}"}} for n in range(250)]
        done = await self.vault.bulk(operations)
        found = await self.titles()

        async def page(cursor: str) -> tuple[list[str], str | None]:
            return [cursor], None if cursor else "last"

        return [done["applied"], len(found), len(set(found)), found[249], [each async for each in every_item(page)]]

    async def update(self) -> object:
        _, idea = await self.vault.create({"title": "Mine", "tags": ["a"]})
        seen: list[str | None] = []

        def change(found: Idea) -> IdeaUpdate:
            seen.append(found["notes"])
            return {"tags": [*found["tags"], "b"]}

        _, after = await self.vault.update(idea["id"], change)
        same = await self.vault.update(idea["id"], lambda _: None)
        return [seen, after["notes"], after["tags"], same.idea["tags"]]

    async def remove(self) -> object:
        etag, idea = await self.vault.create({"title": "Gone"})
        await self.vault.update(idea["id"], lambda _: {"stage": "draft"})
        status = await status_of(self.vault.remove(idea["id"], etag=etag))
        await self.vault.remove(idea["id"])
        return [status, await self.titles()]

    async def live(self) -> object:
        seen: list[int] = []
        async with aclosing(self.vault.revisions()) as revisions:
            async for revision in revisions:
                seen.append(revision)
                if len(seen) == 5:
                    break
                await self.vault.create({"title": f"{len(seen)}"})
        return [len(seen), sorted(set(seen)) == seen]

    async def merging(self) -> object:
        one, other, idea_id = await self.devices()
        await one.change(idea_id, {"notes": "One", "stage": "draft"})
        await other.change(idea_id, {"tags": ["b"], "stage": "outline"})
        for device in (one, other, one):
            await device.sync()
        [idea] = one.ideas()
        return [idea["notes"], idea["tags"], idea["stage"], one.ideas() == other.ideas()]

    async def deleting(self) -> object:
        one, other, idea_id = await self.devices()
        await one.remove(idea_id)
        await other.change(idea_id, {"notes": "Lost"})
        for device in (one, other, one):
            await device.sync()
        second = await one.create({"title": "Second"})
        for device in (one, other):
            await device.sync()
        await one.change(second, {"notes": "Lost"})
        await other.remove(second)
        for device in (one, other, one):
            await device.sync()
        return [one.ideas(), other.ideas(), one.get(idea_id), await one.change(idea_id, {"notes": "No"})]

    async def deciding(self) -> object:
        def keep(conflict: Conflict) -> Operation | None:
            operation, base, current = conflict
            if operation["op"] != "change" or current is not None or base is None:
                return None
            notes = operation["changes"].get("notes")
            return {"op": "create", "id": str(uuid4()), "idea": {"title": base["title"], "notes": notes}}

        one, other, idea_id = await self.devices(keep)
        await one.remove(idea_id)
        await other.change(idea_id, {"notes": "Kept"})
        for device in (one, other, one):
            await device.sync()
        return [[idea["title"], idea["notes"]] for idea in one.ideas()]

    async def forgetting(self) -> object:
        one, other, idea_id = await self.devices()
        made = await one.create({"title": "Unseen"})
        for device in (other, one, other):
            await device.sync()
        await other.remove(made)
        await other.sync()
        unsent = await one.create({"title": "Unsent"})
        await one.change(idea_id, {"notes": "Unsent"})
        await one.sync()
        sent, changed = one.get(unsent), one.get(idea_id)
        return [sent and sent["title"], changed and changed["notes"], one.get(made), await self.titles()]

    async def repeating(self) -> object:
        one, other, idea_id = await self.devices()
        await one.change(idea_id, {"tags": ["a"]})
        for device in (one, other):
            await device.sync()
        return [len(one.ideas()), len(other.ideas())]

    async def refusing(self) -> object:
        device = await Device.open(self.vault, MemoryStore())
        idea_id = await device.create({"title": LONG})
        await device.sync()
        [rejected] = device.rejected()
        await device.dismiss(idea_id)
        return [rejected["operation"]["op"], rejected["error"]["code"], device.rejected(), device.ideas()]


async def main(scenario: str, url: str, user: str, first: str, second: str) -> None:
    asked: list[str] = []

    async def token(expired: str | None) -> str:
        asked.append("any" if expired is None else "another" if expired == first else "wrong")
        return first if expired is None else second

    async with Client(url, token, retries=Retries(attempts=3, first_seconds=0.001, longest_seconds=2)) as client:
        scenarios = Scenarios(client, client.vault(user), asked)
        print(json.dumps(await getattr(scenarios, scenario)()))  # noqa: T201


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
