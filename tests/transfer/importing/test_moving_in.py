"""Files of creators become ideas: what is previewed is what is stored, once."""

import json

import asyncpg
import pytest

from tests.transfer.formats.factories import SAMPLES
from tests.transfer.formats.test_samples import FILES, sample
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


@pytest.mark.parametrize("path", FILES)
async def test_samples_of_other_products_move_in(mover: Mover, path: str) -> None:
    """Each idea arrives as the parser reads it, and the API tells of all losses."""
    expected = json.loads((SAMPLES / "expected" / f"{path.replace('/', '.')}.json").read_text(encoding="utf-8"))
    ideas = [item["ImportedIdea"] for item in expected if "ImportedIdea" in item]
    losses = [item["Loss"] for item in expected if "Loss" in item]

    ended = await mover.move_in(*sample(path))

    assert (ended["state"], ended["format"], ended["stored"]) == ("finished", FILES[path].value, len(ideas))
    assert sum(loss["times"] for loss in ended["losses"]) == len(losses)
    shown = (await mover.creator.list({"limit": 100})).json()["items"]
    for name in ("title", "notes", "stage", "priority", "tags", "due_date"):
        assert sorted(map(repr, (idea[name] for idea in shown))) == sorted(map(repr, (idea[name] for idea in ideas)))
