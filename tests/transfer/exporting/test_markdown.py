"""Markdown: a zip that every tool unpacks, with a file for each entry."""

import io
import json
import zipfile
from datetime import UTC, datetime
from typing import Any

import yaml

from tests.factories import Creator
from tests.transfer.exporting.vaults import exported, lines_of, lived


def parsed(text: str) -> tuple[dict[str, Any], str]:
    opening, front, notes = text.split("---\n", 2)
    assert opening == ""
    fields: dict[str, Any] = yaml.safe_load(front)
    return fields, notes.removeprefix("\n")


async def test_every_entry_is_a_file_with_front_matter(ada: Creator) -> None:
    await lived(ada)
    lines = lines_of(await exported(ada))[2:-1]
    answer = await exported(ada, "markdown")
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    files = {name: parsed(archive.read(name).decode()) for name in archive.namelist() if name != "settings.json"}

    assert archive.testzip() is None
    assert answer.headers["content-type"] == "application/zip"
    folders = {"idea": "ideas/", "trashed": "trash/", "version": "history/"}
    for line in lines:
        [(fields, notes)] = [
            file
            for name, file in files.items()
            if name.startswith(folders[line["type"]])
            and (file[0]["id"], file[0]["number"]) == (line["id"], line["number"])
        ]
        assert notes == (line["notes"] or "")
        for name in fields.keys() - {"created_at"}:
            assert fields[name] == line[name], name
    assert len(files) == len(lines)


async def test_settings_and_times_are_those_of_the_vault(ada: Creator) -> None:
    idea = await ada.idea("One")
    archive = zipfile.ZipFile(io.BytesIO((await exported(ada, "markdown")).content))
    settings, member = archive.infolist()

    assert json.loads(archive.read(settings)) | {"exported_at": ""} == {
        "user_id": ada.user_id,
        "exported_at": "",
        "retention_days": None,
    }
    updated = datetime.fromisoformat(idea["updated_at"]).astimezone(UTC)
    assert member.date_time == (*updated.timetuple()[:5], updated.second // 2 * 2)
    assert settings.date_time == (1980, 1, 1, 0, 0, 0)
    assert member.filename == f"ideas/One ({idea['id'].replace('-', '')[:8]}).md"
    assert member.flag_bits & 8 == 0
