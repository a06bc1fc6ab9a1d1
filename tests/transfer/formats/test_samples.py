"""Samples in the shape in which other products write them, and exactly what becomes of them.

`samples/expected` holds what `read` yields for each sample, in order. The contents of the samples are invented.
"""

import json
from typing import Final

import msgspec
import pytest

from creatorvault.transfer.formats.imported import Format, ImportedIdea, Loss
from tests.transfer.formats.factories import SAMPLES, folder, ideas_of, read, survey_of, zipped

FILES: Final = {
    "csv/sheet.csv": Format.CSV,
    "csv/german.csv": Format.CSV,
    "csv/latin.tsv": Format.CSV,
    "trello/channel.json": Format.TRELLO,
    "trello/podcast.json": Format.TRELLO,
    "trello/newsletter.json": Format.TRELLO,
    "notion/calendar": Format.NOTION,
    "notion/videos": Format.NOTION,
    "notion/pages": Format.NOTION,
    "obsidian/ideas": Format.MARKDOWN,
    "obsidian/dates": Format.MARKDOWN,
    "obsidian/Straßenbahn.md": Format.MARKDOWN,
}
IN_PARTS: Final = "notion/calendar"
"""Notion puts a zip into a zip."""


def sample(path: str) -> tuple[bytes, str]:
    """Returns a sample's file and its name."""
    if not (SAMPLES / path).is_dir():
        return (SAMPLES / path).read_bytes(), path.rpartition("/")[2]
    packed = zipped(folder(path))
    return (zipped({"ExportBlock-6a1f-Part-1.zip": packed}) if path == IN_PARTS else packed), "export.zip"


@pytest.mark.parametrize("path", FILES)
def test_samples_become_exactly_these_ideas_and_losses(path: str) -> None:
    expected = json.loads((SAMPLES / "expected" / f"{path.replace('/', '.')}.json").read_text(encoding="utf-8"))
    found = [{type(item).__name__: msgspec.to_builtins(item)} for item in read(*sample(path))]

    assert found == expected


@pytest.mark.parametrize("path", FILES)
def test_the_survey_counts_what_is_read(path: str) -> None:
    items, survey = read(*sample(path)), survey_of(*sample(path))

    assert survey.format == FILES[path]
    assert survey.ideas == len(ideas_of(items)) > 0
    assert (survey.trashed, survey.versions, survey.settings) == (0, 0, None)
    losses = [item for item in items if isinstance(item, Loss)]
    assert sum(group.times for group in survey.losses) == len(losses)
    assert sum(group.count for group in survey.losses) == sum(loss.count for loss in losses)


def test_a_second_import_finds_the_same_ids_and_no_other_file_does() -> None:
    ids = [idea.id for path in FILES for idea in ideas_of(read(*sample(path)))]

    assert ids == [idea.id for path in FILES for idea in ideas_of(read(*sample(path)))]
    assert len(set(ids)) == len(ids)


def test_parts_of_a_notion_export_are_read_as_one() -> None:
    files = folder("notion/calendar")
    parts: list[dict[str, bytes]] = [{}, {}]
    for number, (name, content) in enumerate(files.items()):
        parts[number % 2][name] = content
    split = zipped({f"Export-Part-{number}.zip": zipped(part) for number, part in enumerate(parts, 1)})

    def by_id(items: list[ImportedIdea]) -> list[ImportedIdea]:
        return sorted(items, key=lambda idea: idea.id)

    assert by_id(ideas_of(read(split, "export.zip"))) == by_id(ideas_of(read(*sample("notion/calendar"))))
