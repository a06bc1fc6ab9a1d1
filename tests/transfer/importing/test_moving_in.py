"""Files of creators become ideas: what is previewed is what is stored, once."""

import asyncpg

from tests.transfer.importing.conftest import Mover

PAGE = b"---\ntags: [video, Food]\nstage: draft\n---\n# Five breakfasts\n\nFilm them on one morning.\n"
TABLE = b"title,notes,tags,stage\nOne,First,video;food,draft\nTwo,,,\nThree,Third,,published\n"


async def test_a_page_of_markdown_becomes_an_idea(mover: Mover) -> None:
    ended = await mover.move_in(PAGE, "Five breakfasts.md")

    assert (ended["state"], ended["format"], ended["total"], ended["stored"]) == ("finished", "markdown", 1, 1)
    [idea] = (await mover.creator.list()).json()["items"]
    assert (idea["title"], idea["tags"], idea["stage"]) == ("Five breakfasts", ["video", "Food"], "draft")


async def test_a_preview_stores_nothing_and_says_what_would_be_stored(
    mover: Mover, import_sql: asyncpg.Connection
) -> None:
    preview = await mover.preview(TABLE, "ideas.csv")

    assert (preview["format"], preview["ideas"], preview["new"], preview["known"]) == ("csv", 3, 3, 0)
    assert preview["quotas"] == {"allowed": True, "quota": None, "limit": None}
    owned = "SELECT count(*) FROM vaults WHERE user_id = $1"
    assert await import_sql.fetchval(owned, mover.creator.user_id) == 0

    ended = await mover.move_in(TABLE, "ideas.csv")
    size = "SELECT sealed_bytes FROM vaults WHERE user_id = $1"
    assert await import_sql.fetchval(size, mover.creator.user_id) == preview["sealed_bytes"]
    assert ended["mappings"] == preview["mappings"]
    assert ended["losses"] == preview["losses"]
    assert sorted(await mover.creator.titles()) == ["One", "Three", "Two"]


async def test_the_same_file_adds_nothing(mover: Mover) -> None:
    first = await mover.move_in(TABLE)
    preview = await mover.preview(TABLE)
    second = await mover.move_in(TABLE)

    assert (first["stored"], first["known"]) == (3, 0)
    assert (preview["new"], preview["known"], preview["sealed_bytes"]) == (0, 3, 0)
    assert (second["stored"], second["known"], second["done"]) == (0, 3, 3)
    assert (await mover.creator.list()).json()["total"] == 3
