"""What becomes of files that are in order: our own in all three formats, and what other products cannot say."""

import gzip
import json
import random
from typing import Final
from uuid import UUID

from creatorvault.ideas.schemas import PriorityEnum, StageEnum
from creatorvault.transfer.formats.imported import Loss
from creatorvault.transfer.formats.reading import MOST_MAPPINGS
from creatorvault.transfer.formats.survey import MOST_EXAMPLES, MOST_GROUPS, OTHERS, Tally
from tests.transfer.formats.factories import ideas_of, losses_of, mappings_of, read, survey_of, zipped
from tests.transfer.formats.hostile import IDEA, PAGE, SETTINGS, VERSION, end, own

ID: Final = "00000000-0000-4000-8000-000000000001"
FRONT: Final = (
    '---\nid: "{id}"\nnumber: {number}\ntitle: "Bread"\nstage: "draft"\npriority: "high"\ntags: ["a", "B"]\n'
    'due_date: null\ncreated_at: "2026-01-01T00:00:00.5Z"\nupdated_at: "2026-01-02T00:00:00Z"\n{more}---\n\n{notes}'
)
COLUMNS: Final = (
    "type,number,id,title,notes,stage,priority,tags,due_date,created_at,updated_at,deleted_at,replaced_at\r\n"
)
LARGE: Final = random.Random(1).randbytes(2 << 20)
TIMES: Final = "2026-01-01T00:00:00Z,2026-01-02T00:00:00Z"


def test_our_export_keeps_history_and_trash() -> None:
    trashed = IDEA.replace(b'"idea"', b'"trashed","deleted_at":"2026-02-01T00:00:00Z"', 1).replace(
        b'01","user', b'02","user'
    )
    raw = own(IDEA, VERSION, trashed, end(1, 1, 1))()
    for name, content in (("a.jsonl", raw), ("a.jsonl.gz", gzip.compress(raw))):
        survey = survey_of(content, name)
        assert (survey.ideas, survey.versions, survey.trashed, survey.losses) == (1, 1, 1, [])
        assert survey.settings is not None
        assert survey.settings.retention_days == 30
        live, deleted = ideas_of(read(content, name))
        assert (live.id, live.number, live.versions[0].number, live.deleted_at) == (UUID(ID), 2, 1, None)
        assert deleted.deleted_at is not None


def test_an_export_of_an_empty_vault_is_not_refused() -> None:
    assert survey_of(own(end())(), "a.jsonl").ideas == 0


def test_ideas_that_the_api_would_refuse_are_listed() -> None:
    for old, new in (
        (b'"title":"T"', b'"title":"  "'),
        (b'"title":"T"', b'"title":"%s"' % (b"x" * 201)),
        (b'"created_at":"2026', b'"created_at":"2036'),
        (b'"updated_at":"2026-01-01T00:00:00Z', b'"updated_at":"0001-01-01T00:00:00+09:00'),
    ):
        items = read(own(IDEA.replace(old, new), end(1))(), "a.jsonl")
        assert losses_of(items) == [("row_broken", "line 3", None, 1)]
        assert ideas_of(items) == []
        items = read(own(IDEA, VERSION.replace(old, new), end(1, 1))(), "a.jsonl")
        assert losses_of(items) == [("version_dropped", "line 4", None, 1)]


def test_titles_and_tags_are_changed_as_the_api_changes_them() -> None:
    items = read(own(IDEA.replace(b'"T"', b'" T "').replace(b"[]", b'["a","A"]'), end(1))(), "a.jsonl")

    assert [(idea.title, idea.tags) for idea in ideas_of(items)] == [("T", ["a"])]
    assert losses_of(items) == [("value_changed", "line 3", None, 1)]


def test_ids_come_once() -> None:
    items = read(own(IDEA, IDEA, VERSION, end(2, 1))(), "a.jsonl")

    assert len(ideas_of(items)) == 1
    assert losses_of(items) == [("row_repeated", "line 4", None, 2)]


def test_our_markdown_keeps_ids_numbers_and_the_trash() -> None:
    notes = "# Bread\n\nA #tag and\r\n"
    files = {
        "settings.json": b"{}",
        "ideas/Bread (00000000).md": FRONT.format(id=ID, number=3, more="", notes=notes).encode(),
        f"history/{ID}/000002.md": FRONT.format(
            id=ID, number=2, more='replaced_at: "2026-01-02T00:00:00Z"\n', notes=notes
        ).encode(),
        "trash/Bread (10000000).md": FRONT.format(
            id=ID.replace("0", "1", 1), number=1, more='deleted_at: "2026-01-03T00:00:00Z"\n', notes=""
        ).encode(),
    }
    items = read(zipped(files), "vault.zip")

    live, trashed = ideas_of(items)
    assert (live.id, live.number, live.title, live.notes) == (UUID(ID), 3, "Bread", notes)
    assert (live.stage, live.priority, live.tags) == (StageEnum.DRAFT, PriorityEnum.HIGH, ["a", "B"])
    assert (live.created_at.microsecond, live.deleted_at) == (500_000, None)
    assert trashed.deleted_at is not None
    assert losses_of(items) == [
        ("attachment_dropped", "settings.json", "json", 1),
        ("version_dropped", f"history/{ID}/000002.md", None, 1),
    ]


def test_pages_that_look_like_ours_are_pages() -> None:
    for wrong in ({"id": "7", "number": 1}, {"id": ID, "number": "x"}):
        raw = FRONT.format(**wrong, more="", notes="Notes").encode()
        (idea,) = ideas_of(read(raw, "a.md"))
        assert (idea.title, idea.notes, idea.number) == ("Bread", "Notes", 1)


def test_our_csv_keeps_ids_numbers_and_the_trash() -> None:
    rows = (
        f'idea,3,{ID},\'=1+1,"\'\'quoted",draft,high,"[""a"",""B""]",,{TIMES},,\r\n'
        f"version,2,{ID},T,,idea,low,[],,{TIMES},,2026-01-02T00:00:00Z\r\n"
        f'trashed,1,{ID.replace("0", "1", 1)},T,,idea,low,"a, b",,{TIMES},2026-01-03T00:00:00Z,\r\n'
        f"trashed,1,{ID},T,,idea,low,[],,{TIMES},,\r\n"
        f"idea,0,{ID},T,,idea,low,[],,{TIMES},,\r\n"
        f"idea,1,7,T,,idea,low,[],,{TIMES},,\r\n"
        f'"idea"x\r\n'
        f"else,1,{ID},T,,idea,low,3,,{TIMES},,\r\n"
    )
    items = read((COLUMNS + rows).encode(), "export.csv")

    live, trashed = ideas_of(items)
    assert (live.id, live.number, live.title, live.notes, live.tags) == (UUID(ID), 3, "=1+1", "'quoted", ["a", "B"])
    assert (trashed.number, trashed.tags) == (1, ["a", "b"])
    assert trashed.deleted_at is not None
    broken = [("row_broken", f"row {number}", None, 1) for number in range(5, 10)]
    assert losses_of(items) == [("version_dropped", "row 3", None, 1), *broken]


def test_columns_with_ids_keep_uuids_only() -> None:
    items = read(f"id,title\n{ID},A\n7,B\n{'x' * 36},C\n".encode(), "a.csv")

    assert ideas_of(items)[0].id == UUID(ID)
    assert losses_of(items) == [("field_dropped", "row 3", "id", 1), ("field_dropped", "row 4", "id", 1)]


def test_equal_rows_are_different_ideas() -> None:
    ids = [idea.id for idea in ideas_of(read(b"title\na\na\nb\n", "a.csv"))]
    longer = [idea.id for idea in ideas_of(read(b"title\nz\na\na\nb\n", "b.csv"))]

    assert len({*ids}) == 3
    assert longer[1:] == ids


def test_the_best_of_several_columns_is_chosen() -> None:
    items = read(b"name;title;Status;state;Labels;tags;;\na;b;done;idea;x;y;;z\n", "a.csv")

    (idea,) = ideas_of(items)
    assert (idea.title, idea.stage, idea.tags) == ("b", StageEnum.PUBLISHED, ["x", "y"])
    assert [field for *_, field, _ in losses_of(items)] == [None, "name", "state"]
    assert mappings_of(items)["name"] is None


def test_tags_beyond_the_limit_are_counted() -> None:
    tags = ",".join([*(f"tag{number:04}" for number in range(200)), "x" * 1001, "TAG0000"])
    items = read(f'title,tags\na,"{tags}"\n'.encode(), "a.csv")

    (idea,) = ideas_of(items)
    assert len(",".join(idea.tags)) <= 1000
    assert losses_of(items) == [("tags_dropped", "row 2", "tags", 201 - len(idea.tags))]


def test_text_that_cannot_be_stored_is_repaired() -> None:
    board = {"lists": [], "cards": [{"id": "1", "name": "a\0b", "desc": "\0"}]}
    items = read(json.dumps(board).encode(), "a.json")

    (idea,) = ideas_of(items)
    assert (idea.title, idea.notes) == ("a\ufffdb", "\ufffd")
    assert losses_of(items) == [("text_repaired", "card 1", "title", 1), ("text_repaired", "card 1", "notes", 1)]


def test_times_in_the_future_become_now() -> None:
    items = read(b"title,created,updated\na,2036-01-01,2026-01-01\n", "a.csv")

    (idea,) = ideas_of(items)
    assert idea.created_at == idea.updated_at
    assert losses_of(items) == [("value_changed", "row 2", "created_at", 1)]


def test_pages_with_problems_do_not_hide_the_others() -> None:
    items = read(
        zipped(
            {
                "large.md": LARGE,
                "wide.md": b"\xff\xfe\x00\xdc\x00\xdc",
                "latin.md": "Caf\xe9\n".encode("cp1252"),
                "list.md": b"---\n- a\n---\nText\n",
                "twice.md": b"---\na: 1\na: 2\n---\nText\n",
                "two.md": b"---\na: 1\n... \n",
                "keys.md": b"---\n? [a]\n: 1\n~: 2\n---\n",
                "tag.md": b"---\nstatus: !soon\n---\n",
                "many.md": b"---\ntitle: [a, b]\nnotes: {a: b}\nnull: x\nstatus: []\n---\n",
                "empty.md": b"---\n# nothing\n---\n# C# #\n",
                "__MACOSX/._a.md": b"\0",
            }
        ),
        "a.zip",
    )

    kinds = [(kind, where, field) for kind, where, field, _ in losses_of(items)]
    assert kinds == [
        ("row_broken", "large.md", None),
        ("row_broken", "wide.md", None),
        ("text_repaired", "latin.md", None),
        ("value_moved", "list.md", "front matter"),
        ("value_moved", "twice.md", "front matter"),
        ("field_dropped", "two.md", "a"),
        ("value_moved", "keys.md", "front matter"),
        ("value_moved", "tag.md", "front matter"),
        *(("field_dropped", "many.md", name) for name in ("title", "notes", "null")),
    ]
    assert [idea.title for idea in ideas_of(items)] == ["latin", "list", "twice", "two", "keys", "tag", "many", "C#"]


def test_names_of_macos_and_windows_are_read() -> None:
    raw = zipped({"x" * 8 + ".md": PAGE, "f\\b.md": b""}).replace(b"x" * 8 + b".md", "Cafe\u0301 a.md".encode())

    assert [idea.source for idea in ideas_of(read(raw, "a.zip"))] == ["Café a.md", "f/b.md"]


def test_pages_of_notion_with_problems_do_not_hide_the_others() -> None:
    number = iter(range(100))

    def named(name: str, extension: str = "md") -> str:
        return f"{name} {next(number):032x}.{extension}"

    table = named("T", "csv")
    items = read(
        zipped(
            {
                table: b"\xef\xbb\xbfTask,Status,Due\nA,Done,2026-01-01\nB,,\n,,2026-01-02\nC\xe9,,\n".replace(
                    b"\xef\xbb\xbf", b""
                ),
                named("Empty", "csv"): b" \n",
                "T/" + named("A"): LARGE,
                "T/" + named("B"): b"# B\n\nStatus: of the text\n\nMore",
                "T/" + named("Untitled"): b"# Untitled\n\nDue: January 2, 2026\n",
                named("Wide"): b"\xff\xfe\x00\xdc\x00\xdc",
                named("Latin"): b"# Caf\xe9\n",
                "No id.md": b"Text",
                "More_all.csv": b'Name\n"x"y\nD\n',
            }
        ),
        "a.zip",
    )

    found = {idea.title: idea.notes for idea in ideas_of(items)}
    assert found == {
        "A": None,
        "B": "Status: of the text\n\nMore",
        "Untitled": None,
        "Cé": None,
        "D": None,
        "Café": None,
        "No id": "Text",
    }
    assert [(kind, field) for kind, _, field, _ in losses_of(items)] == [
        ("text_repaired", None),
        ("row_broken", None),
        ("title_missing", "title"),
        ("row_broken", None),
        ("row_broken", None),
        ("text_repaired", None),
    ]


def test_names_that_are_not_utf8_are_read_as_the_standard_says() -> None:
    raw = zipped({"x.md": PAGE}).replace(b"x.md", b"\x81.md")

    assert [idea.source for idea in ideas_of(read(raw, "a.zip"))] == ["ü.md"]


def test_front_matter_without_fields_is_left_out() -> None:
    for raw in (b"---\n# nothing\n---\nText\n", b"---\n\n---\nText\n"):
        assert [idea.notes for idea in ideas_of(read(raw, "a.md"))] == ["Text"]


def test_the_survey_is_short() -> None:
    tally = Tally()
    for number in range(MOST_GROUPS + 100):
        for kind in ("field_dropped", "row_broken"):
            tally.add(Loss(kind, f"row {number}", f"column {number}", "Lost"))  # type: ignore[arg-type]
    survey = tally.survey("csv")  # type: ignore[arg-type]

    assert len(survey.losses) == MOST_GROUPS + 2
    assert sum(group.count for group in survey.losses) == 2 * (MOST_GROUPS + 100)
    assert {group.message for group in survey.losses if group.field is None} == {OTHERS}
    assert max(len(group.examples) for group in survey.losses) == MOST_EXAMPLES


def test_mappings_come_once_and_say_what_became_of_values() -> None:
    rows = "".join(f"{number},{stage},low\n" for number in range(3) for stage in ("Doing", "idea", "Kitchen"))
    mappings = survey_of(f"title,status,priority\n{rows}".encode(), "a.csv").mappings

    assert [(mapping.source, mapping.value, mapping.becomes) for mapping in mappings] == [
        ("title", None, None),
        ("status", None, None),
        ("priority", None, None),
        ("stage", "Doing", "draft"),
        ("stage", "Kitchen", "idea"),
    ]
    many = "".join(f"{number},status {number}\n" for number in range(MOST_MAPPINGS + 100))
    assert len(survey_of(f"title,status\n{many}".encode(), "a.csv").mappings) == MOST_MAPPINGS


def test_settings_are_only_in_our_own_export() -> None:
    assert survey_of(own(end())().replace(SETTINGS, SETTINGS.replace(b"30", b"null")), "a.jsonl").settings is not None
    assert survey_of(PAGE, "a.md").settings is None
