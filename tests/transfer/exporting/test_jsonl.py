"""JSON lines: everything, exactly, in a fixed order."""

from collections.abc import Callable
from itertools import groupby, pairwise

from tests.factories import Creator
from tests.transfer.exporting.vaults import exported, lines_of, lived, without

FIELDS = ["title", "notes", "stage", "priority", "tags", "due_date", "id", "user_id", "created_at", "updated_at"]


async def test_an_empty_vault_has_a_beginning_and_an_end(ada: Creator) -> None:
    first, settings, end = lines_of(await exported(ada))

    assert {**first, "exported_at": ""} == {
        "type": "export",
        "format": "creatorvault",
        "version": 1,
        "user_id": ada.user_id,
        "exported_at": "",
    }
    assert settings == {"type": "settings", "retention_days": None}
    assert end == {"type": "end", "ideas": 0, "versions": 0, "trashed": 0}


async def test_every_idea_version_and_deleted_idea_is_there_as_the_api_has_shown_it(ada: Creator) -> None:
    known = await lived(ada)
    lines = lines_of(await exported(ada))[2:-1]

    assert [without(line) for line in lines if line["type"] == "idea"] == known["idea"]
    versions = [without(line, "replaced_at") for line in lines if line["type"] == "version"]
    assert sorted(versions, key=str) == sorted(known["version"], key=str)
    trashed = {line["id"]: without(line, "deleted_at") for line in lines if line["type"] == "trashed"}
    assert trashed.keys() == {idea["id"] for idea in known["trashed"]}
    for line in lines:
        assert list(line)[-len(FIELDS) :] == FIELDS


async def test_versions_follow_their_idea_and_ids_ascend(ada: Creator) -> None:
    await lived(ada)
    *_, end = lines = lines_of(await exported(ada))
    ideas = [line for line in lines if line["type"] == "idea"]
    trashed = [line for line in lines if line["type"] == "trashed"]

    for of_kind in (ideas, trashed):
        assert [line["id"] for line in of_kind] == sorted(line["id"] for line in of_kind)
    for _, group in groupby(lines[2:-1], key=lambda line: line["id"]):
        current, *versions = group
        numbers = [version["number"] for version in versions]
        assert current["type"] != "version"
        assert numbers == list(range(1, current["number"]))
        for earlier, later in pairwise([*versions, current]):
            assert earlier["replaced_at"] == later["updated_at"]
    assert end == {"type": "end", "ideas": len(ideas), "versions": 6, "trashed": 2}


async def test_an_export_of_the_same_vault_has_the_same_bytes(ada: Creator) -> None:
    await lived(ada)
    one, other = (await exported(ada)).content, (await exported(ada)).content

    assert one.split(b"\n")[1:] == other.split(b"\n")[1:]


async def test_a_vault_of_several_batches_is_complete(ada: Creator) -> None:
    ideas = [await ada.idea(f"Idea {number}") for number in range(300)]
    changed = ideas[7]
    for number in range(300):
        await ada.patch(changed, {"title": f"Version {number}"})
    lines = lines_of(await exported(ada))

    assert {line["id"] for line in lines if line["type"] == "idea"} == {idea["id"] for idea in ideas}
    titles = [line["title"] for line in lines if line["type"] == "version"]
    assert titles == ["Idea 7", *(f"Version {number}" for number in range(299))]
    assert lines[-1] == {"type": "end", "ideas": 300, "versions": 300, "trashed": 0}


async def test_head_answers_without_a_body(ada: Creator) -> None:
    answer = await ada.request("HEAD", f"/api/v1/{ada.user_id}/export")

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == "application/jsonl"


async def test_the_response_is_a_file_that_nobody_stores(ada: Creator) -> None:
    headers = (await exported(ada)).headers

    assert headers["cache-control"] == "no-store"
    assert headers["content-disposition"].startswith('attachment; filename="creatorvault-20')
    assert headers["content-disposition"].endswith('.jsonl"')
    assert "content-length" not in headers
    assert "etag" not in headers


async def test_creators_with_reserved_ids_can_leave(creator: Callable[..., Creator]) -> None:
    for user_id in ("admin", "tenant", "users"):
        own = creator(user_id, {"org_id": "reserved"})
        first, *_ = lines_of(await exported(own))
        assert first["user_id"] == user_id


async def test_another_users_vault_is_refused(ada: Creator, creator: Callable[..., Creator]) -> None:
    bob = creator()
    for method in ("GET", "POST"):
        answer = await bob.request(method, f"/api/v1/{ada.user_id}/export", json={} if method == "POST" else None)
        assert answer.status_code == 403
        assert answer.json() == {"detail": "Cannot export other users' ideas", "code": "not_owner"}
