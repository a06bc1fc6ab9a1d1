"""A device in a process of its own: one JSON command a line, one JSON answer a line."""

import asyncio
import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from creatorvault_client import ApiError, Client, Device, Retries, UnreachableError


class FileStore:
    """A log of changes; a last line that was not written to its end is not read."""

    def __init__(self, file: Path) -> None:
        self._file = file

    async def load(self) -> Mapping[str, Any]:
        entries: dict[str, Any] = {}
        if self._file.exists():
            for line in filter(None, self._file.read_text("utf-8").split("\n")):
                for key, value in _parsed(line).items():
                    if value is None:
                        entries.pop(key, None)
                    else:
                        entries[key] = value
            self._append("\n")
        return entries

    async def write(self, entries: Mapping[str, Any]) -> None:
        self._append(json.dumps(entries) + "\n")

    def _append(self, text: str) -> None:
        with self._file.open("a", encoding="utf-8") as file:
            file.write(text)


def _parsed(line: str) -> Mapping[str, Any]:
    try:
        entries: Mapping[str, Any] = json.loads(line)
    except ValueError:
        return {}
    return entries


class Driver:
    def __init__(self, device: Device) -> None:
        self._device = device
        self._syncing: asyncio.Task[str] | None = None

    async def answer(self, command: Mapping[str, Any]) -> object:
        match command["do"]:
            case "create":
                return await self._device.create(command["idea"], command["id"])
            case "change":
                return await self._device.change(command["id"], command["changes"])
            case "remove":
                return await self._device.remove(command["id"])
            case "ideas":
                return json.dumps(self._device.ideas(), ensure_ascii=False, separators=(",", ":"))
            case "begin":
                self._syncing = asyncio.create_task(self._sync())
                return ""
        return await self._syncing if self._syncing else ""

    async def _sync(self) -> str:
        try:
            await self._device.sync()
        except (ApiError, UnreachableError) as error:
            return str(error)
        return json.dumps(self._device.rejected()[0]) if self._device.rejected() else ""


async def main(url: str, user: str, token: str, file: str, wrong: str) -> None:
    right = time.time
    time.time = lambda: right() + float(wrong)

    async def given(_: str | None) -> str:
        return token

    async with Client(url, given, retries=Retries(attempts=2, first_seconds=0.001, longest_seconds=60)) as client:
        driver = Driver(await Device.open(client.vault(user), FileStore(Path(file))))
        while line := await asyncio.to_thread(sys.stdin.readline):
            print(json.dumps(await driver.answer(json.loads(line))), flush=True)  # noqa: T201


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
