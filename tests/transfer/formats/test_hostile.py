"""Every hostile file is refused with its own code, by the survey and by the parser, in little memory."""

import io
import tracemalloc
from typing import Final

import pytest

from creatorvault.transfer.formats.imported import FileRefused, Limits
from creatorvault.transfer.formats.reading import parsed, recognised, surveyed
from tests.transfer.formats.factories import NAMESPACE, NOW, read, survey_of, zipped
from tests.transfer.formats.hostile import HOSTILE, IDEA, MIB, PAGE, VERSION, end, own

BOMBS: Final = [name for name in HOSTILE if "grow" in name or "million entries" in name or "100 MB" in name]
MOST_GROWTH: Final = 16 * MIB


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_files_are_refused(what: str) -> None:
    code, name, build = HOSTILE[what]
    raw = build()

    for refusing in (survey_of, read):
        with pytest.raises(FileRefused) as refused:
            refusing(raw, name)
        assert refused.value.code == code
        assert refused.value.message
        assert len(refused.value.where or "") <= 120
        assert not any(content in str(refused.value) for content in ("lol", "passwd", "Text."))


@pytest.mark.parametrize("what", BOMBS)
def test_bombs_take_little_memory(what: str) -> None:
    _, name, build = HOSTILE[what]
    raw = build()
    tracemalloc.start()
    try:
        with pytest.raises(FileRefused):
            survey_of(raw, name)
        grown = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert grown < MOST_GROWTH


def test_limits_are_those_that_are_given() -> None:
    pages = zipped({f"{number}.md": PAGE for number in range(5)})
    table = b"title\n" + b"".join(b"%d\n" % number for number in range(5))
    for raw, name, limits, code in (
        (pages, "a.zip", Limits(most_entries=4), "too_many_entries"),
        (pages, "a.zip", Limits(most_bytes=100), "too_large"),
        (pages, "a.zip", Limits(most_ideas=4), "too_many_ideas"),
        (table, "a.csv", Limits(most_ideas=4), "too_many_ideas"),
        (table, "a.csv", Limits(most_rows=4), "too_many_rows"),
        (own(IDEA, end(1))(), "a.jsonl", Limits(most_bytes=100), "too_large"),
        (b'{"cards":[1,2],"lists":[]}', "a.json", Limits(most_ideas=1), "too_many_ideas"),
        (b'{"cards":[1,2],"lists":[]}', "a.json", Limits(most_bytes_in_memory=9), "too_large"),
        (zipped({"Part-1.zip": pages}), "a.zip", Limits(most_bytes_in_memory=9), "too_large"),
    ):
        with pytest.raises(FileRefused) as refused:
            survey_of(raw, name, limits)
        assert refused.value.code == code


def test_a_wrong_extension_does_not_matter() -> None:
    board = b'{"name":"B","lists":[{"id":"1","name":"Ideas"}],"cards":[{"id":"2","name":"C","idList":"1"}]}'
    for raw, name, expected in (
        (board, "board.csv", "trello"),
        (own(IDEA, VERSION, end(1, 1))(), "mine.txt", "creatorvault"),
        (zipped({"a.md": PAGE}), "vault.md", "markdown"),
        (PAGE, "page", "markdown"),
        (b"Name;Status\nA;Done\n", "table", "csv"),
    ):
        assert survey_of(raw, name).format == expected
        assert recognised(name, io.BytesIO(raw)) == expected


def test_the_file_stays_open_and_may_be_read_again() -> None:
    for raw, name in ((b"title\na\n", "a.csv"), (PAGE, "a.md"), (zipped({"a.md": PAGE}), "a.zip")):
        file = io.BytesIO(raw)
        for _ in range(2):
            assert surveyed(file, name, NOW, namespace=NAMESPACE).ideas == 1
            assert len(list(parsed(file, name, NOW, namespace=NAMESPACE))) > 0
        assert not file.closed
