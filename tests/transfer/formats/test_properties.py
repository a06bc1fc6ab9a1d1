"""What holds for any ideas and any bytes."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from creatorvault.ideas.schemas import IdeaCreate, PriorityEnum, StageEnum
from creatorvault.transfer.formats.imported import FileRefused, ImportedIdea, ImportedSettings, ImportedVersion
from tests.transfer.formats.factories import NOW, SAMPLES, folder, ideas_of, read, survey_of, zipped
from tests.transfer.formats.hostile import HEAD, PAGE, end

TEXTS: Final = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
TIMES: Final = st.datetimes(datetime(1970, 1, 1), NOW.replace(tzinfo=None), timezones=st.just(UTC))  # noqa: DTZ001
NAMES: Final = ("a.jsonl", "a.gz", "a.md", "a.zip", "a.json", "a.csv", "a")
WHOLE: Final = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def contents(draw: st.DrawFn) -> dict[str, Any]:
    checked = IdeaCreate(
        title=draw(TEXTS.filter(lambda text: text.strip()).map(lambda text: text[:200])) or "T",
        notes=draw(st.none() | TEXTS),
        stage=draw(st.sampled_from(StageEnum)),
        priority=draw(st.sampled_from(PriorityEnum)),
        tags=draw(st.lists(TEXTS.map(lambda text: text[:20]), max_size=5)),
        due_date=draw(st.none() | st.datetimes(timezones=st.just(UTC))),
    )
    return checked.__dict__ | {"created_at": draw(TIMES), "updated_at": draw(TIMES)}


@st.composite
def vaults(draw: st.DrawFn) -> list[ImportedIdea]:
    """Live ideas first, then the trash, each in the order of ids, with versions."""
    ids = sorted(draw(st.lists(st.uuids(), max_size=4, unique=True)))
    deletions = sorted(draw(st.lists(st.none() | TIMES, min_size=len(ids), max_size=len(ids))), key=bool)
    found = []
    for idea_id, deleted in zip(ids, deletions, strict=True):
        numbers = sorted(draw(st.sets(st.integers(1, 50), max_size=3)))
        versions = [ImportedVersion(number=n, replaced_at=draw(TIMES), **draw(contents())) for n in numbers]
        number = draw(st.integers(51, 99))
        rest: dict[str, Any] = {
            "id": idea_id,
            "number": number,
            "deleted_at": deleted,
            "versions": versions,
            "source": "",
        }
        found.append(ImportedIdea(**draw(contents()), **rest))
    return found


def lines_of(ideas: list[ImportedIdea], retention_days: int | None) -> bytes:
    """Writes what docs/import.md and the export define."""
    lines: list[Any] = [{"type": "settings", "retention_days": retention_days}]
    counts = dict.fromkeys(("idea", "version", "trashed"), 0)
    for idea in ideas:
        fields = msgspec.to_builtins(idea) | {"user_id": "u"}
        versions, _, deleted = fields.pop("versions"), fields.pop("source"), fields.pop("deleted_at")
        head = {"type": "trashed", "deleted_at": deleted} if deleted else {"type": "idea"}
        lines += [head | fields]
        lines += [{"type": "version", "id": fields["id"], "user_id": "u"} | version for version in versions]
        counts[head["type"]] += 1
        counts["version"] += len(versions)
    rows = b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
    return HEAD + rows + end(counts["idea"], counts["version"], counts["trashed"])


@WHOLE
@given(vaults(), st.none() | st.integers(0, 365))
def test_our_own_export_is_read_exactly(vault: list[ImportedIdea], retention_days: int | None) -> None:
    items = read(lines_of(vault, retention_days), "export.jsonl")

    assert [msgspec.structs.replace(idea, source="") for idea in ideas_of(items)] == vault
    assert ImportedSettings(retention_days) in items


@WHOLE
@given(st.lists(st.tuples(st.text(), st.text(), st.text(), st.text(), st.text(), st.text()), max_size=5))
def test_any_table_becomes_ideas_that_the_api_accepts(rows: list[tuple[str, ...]]) -> None:
    target = io.StringIO(newline="")
    writer = csv.writer(target)
    writer.writerow(["title", "notes", "status", "priority", "tags", "due"])
    writer.writerows(rows)
    items = readable(target.getvalue().encode(errors="surrogatepass"), "a.csv")

    assert_accepted(items)
    filled = sum(any(cell.strip() for cell in row) for row in rows)
    assert items == [] or len(ideas_of(items)) == filled


@WHOLE
@given(st.lists(st.tuples(st.text(), st.text(), st.none() | st.text())))
def test_any_board_becomes_ideas_that_the_api_accepts(cards: list[tuple[str, str, str | None]]) -> None:
    given_cards = [
        {"id": f"{number:024x}", "name": name, "desc": notes, "due": due, "idList": "1"}
        for number, (name, notes, due) in enumerate(cards)
    ]
    board = {"lists": [{"id": "1", "name": "Doing"}], "cards": given_cards}
    items = readable(json.dumps(board, ensure_ascii=False).encode(errors="replace"), "a.json")

    assert_accepted(items)
    assert len(ideas_of(items)) == len(cards)


@WHOLE
@given(st.text())
def test_any_page_becomes_an_idea_that_the_api_accepts(text: str) -> None:
    assert_accepted(readable(text.encode(errors="surrogatepass"), "a.md"))


@settings(WHOLE, max_examples=200)
@given(st.binary(), st.sampled_from((b"", b"PK\3\4", b"\x1f\x8b\x08", b"{", b"---\n", b"title,", HEAD, b"\xff\xfe")))
def test_any_bytes_are_read_or_refused(rest: bytes, beginning: bytes) -> None:
    for name in NAMES:
        assert_accepted(readable(beginning + rest, name))


@settings(WHOLE, max_examples=200)
@given(st.data())
def test_any_damage_is_read_or_refused(data: st.DataObject) -> None:
    raw = bytearray(data.draw(st.sampled_from(DAMAGED)))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    for name in ("a.zip", "a.json"):
        assert_accepted(readable(bytes(raw), name))


DAMAGED: Final = (
    zipped({"a.md": PAGE, "b/c.md": b"# C\n\n#tag\n"}),
    zipped(folder("notion/videos")),
    zipped({"Export-Part-1.zip": zipped(folder("notion/calendar"))}),
    (SAMPLES / "trello" / "channel.json").read_bytes(),
    (SAMPLES / "csv" / "german.csv").read_bytes(),
    (SAMPLES / "obsidian" / "ideas" / "Ideas" / "Night trains.md").read_bytes(),
)


def readable(raw: bytes, name: str) -> list[Any]:
    """Returns what is read, or nothing if the file is refused. The survey finds the same."""
    try:
        items = read(raw, name)
    except FileRefused as error:
        refused = error
    else:
        assert survey_of(raw, name).ideas == sum(idea.deleted_at is None for idea in ideas_of(items))
        return items
    with pytest.raises(FileRefused) as again:
        survey_of(raw, name)
    assert again.value.code == refused.code
    return []


def assert_accepted(items: list[Any]) -> None:
    ids = set[UUID]()
    for idea in ideas_of(items):
        fields = {name: getattr(idea, name) for name in IdeaCreate.model_fields}
        assert IdeaCreate.model_validate(fields).__dict__ == fields
        assert idea.created_at.utcoffset() == idea.updated_at.utcoffset() == timedelta(0)
        ids.add(idea.id)
    assert len(ids) == len(ideas_of(items))
