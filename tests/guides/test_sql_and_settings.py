"""SQL of the guides runs on the real database, settings are read as `litestar.toml`, and Python compiles."""

import re
from pathlib import Path
from typing import Final

import pytest

from creatorvault.settings.loading import load_settings
from tests.guides.blocks import BLOCKS, Block
from tests.postgres import OPERATOR, OWNER, Cluster, Database

LOGINS: Final = {"": "postgres", "owner": OWNER, "operator": OPERATOR}


def blocks_in(language: str) -> list[Block]:
    return [block for block in BLOCKS if block.language == language and block.how in {"", "run as"}]


@pytest.mark.parametrize("block", blocks_in("sql"), ids=str)
def test_sql_runs_as_the_documented_login(block: Block, cluster: Cluster, fresh_database: Database) -> None:
    """It contains no `…`: values for the reader to fill in are psql variables."""
    assert "…" not in block.text
    url = fresh_database.url(LOGINS[block.what])

    cluster.program("psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-1", "-d", url, "-c", block.text)


@pytest.mark.parametrize("block", blocks_in("toml"), ids=str)
def test_printed_settings_are_accepted(block: Block, tmp_path: Path) -> None:
    file = tmp_path / "litestar.toml"
    file.write_text(block.text, encoding="utf-8")

    load_settings({}, file)


def test_python_compiles() -> None:
    for block in blocks_in("python"):
        compile(block.text, str(block), "exec")


def test_settings_named_in_text_exist(no_settings: Path) -> None:
    """For names like `server.workers` in text: the first word is a section, so the whole is one of its settings."""
    known = load_settings({}, no_settings)
    for block in {block.page for block in BLOCKS}:
        text = (Path(__file__).parents[2] / block).read_text(encoding="utf-8")
        for section, name in re.findall(r"`(server|database|search|limits|metrics|tenancy)\.(\w+)`", text):
            assert hasattr(getattr(known, section), name), f"{block}: {section}.{name}"
