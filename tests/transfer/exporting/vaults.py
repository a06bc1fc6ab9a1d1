"""Vaults with history and trash, and their exports."""

import json
from typing import Any, Final

import httpx

from tests.factories import Creator

TITLES: Final = ("=SUM(A1)", "CON", "Ünïcödé \u2028 \x85 ﬁn", "a/b\\c: *?", "'quoted'", " tail. . ", "😀" * 60)


def url_of(creator: Creator) -> str:
    return f"/api/v1/{creator.user_id}/export"


async def exported(creator: Creator, format_: str = "jsonl", **options: Any) -> httpx.Response:
    answer = await creator.request("GET", url_of(creator), params={"format": format_}, **options)
    assert answer.status_code == 200, answer.text
    return answer


def lines_of(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.content.endswith(b"\n")
    return [json.loads(line) for line in answer.content.splitlines()]


async def lived(creator: Creator) -> dict[str, list[dict[str, Any]]]:
    """Fills a vault, and returns the ideas as the API has shown them: live ones, those in the trash, and versions."""
    ideas = [await creator.idea(title, notes=f"notes of {title}\n---\n", tags=["Food", "video"]) for title in TITLES]
    ideas.append(await creator.idea("No notes"))
    versions = []
    for idea in ideas[:3]:
        versions.append(idea)
        versions.append((await creator.patch(idea, {"stage": "draft"})).json())
        await creator.patch(idea, {"notes": None, "due_date": "2026-12-24T18:00:00Z"})
    for idea in ideas[2:4]:
        assert (await creator.delete(idea)).status_code == 204
    live = (await creator.list({"limit": 100})).json()["items"]
    return {"idea": sorted(live, key=lambda idea: idea["id"]), "version": versions, "trashed": ideas[2:4]}


def without(line: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name not in {"type", "number", *names}}
