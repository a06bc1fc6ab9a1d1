"""File names made of titles."""

import unicodedata
from random import Random
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from creatorvault.transfer.exporting.names import FileNames, safe_title

WINDOWS = set('<>:"/\\|?*')


@given(st.text(max_size=200))
def test_a_name_is_accepted_everywhere(title: str) -> None:
    name = safe_title(title)

    assert name
    assert not WINDOWS & set(name)
    assert name == unicodedata.normalize("NFC", name)
    assert name == name.strip(" .")
    assert len(name.encode()) <= 121
    assert name.isprintable() or any(unicodedata.category(character)[0] == "Z" for character in name)


def test_reserved_names_and_nothing_get_another_name() -> None:
    names = {"CON": "_CON", "con.txt": "_con.txt", "Com1 .x": "_Com1 .x", "COM¹": "_COM¹", "Console": "Console"}
    names |= {"...": "Untitled", "\u202e\u200b": "Untitled", "../..": "Untitled"[:0] or safe_title("../..")}
    for title, name in names.items():
        assert safe_title(title) == name
    assert "/" not in safe_title("../../etc/passwd")


def test_no_name_comes_twice_whatever_the_ids_have_in_common() -> None:
    random = Random(1)
    ids = [UUID(int=random.getrandbits(128)) for _ in range(500)]
    ids += [UUID(int=ids[0].int ^ bit) for bit in range(1, 300)]
    ids += [UUID(int=(0x0190 << 112) | number) for number in range(300)]
    names = FileNames()
    made = [names.of("The same", idea_id).casefold() for idea_id in sorted(set(ids))]

    assert len(set(made)) == len(made)
    assert all(len(name) >= len("The same (12345678)") for name in made)
