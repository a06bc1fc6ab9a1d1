"""Every message of the console is in the catalogues, with the same placeholders."""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Final

import pytest
from babel.messages.catalog import Message

from creatorvault.apps import sections
from creatorvault.core.console.declarations import ItemPage
from tests.console.messages import TRANSLATED, catalogue, extracted, missing

PLACEHOLDER: Final = re.compile(r"%\(\w+\)s|%(?!\()")
SPOKEN: Final = {"title", "label", "hint", "question", "done", "empty"}
CHOICES: Final = {"values", "sorts"}


def forms(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else [*(message.string or ())]


def ids(message: Message) -> list[str]:
    return [message.id] if isinstance(message.id, str) else list(message.id)


def declared(part: object) -> Iterator[str]:
    """Yields the messages of a declaration of pages. The title of a page of an object is the name of a field."""
    if isinstance(part, list | tuple):
        for each in part:
            yield from declared(each)
    elif is_dataclass(part):
        for field in fields(part):
            value = getattr(part, field.name)
            if field.name in SPOKEN and not isinstance(part, ItemPage):
                yield value
            elif field.name in CHOICES:
                yield from value.values()
            else:
                yield from declared(value)


@pytest.mark.parametrize("code", TRANSLATED)
def test_the_catalogue_has_exactly_the_messages_of_the_console(code: str) -> None:
    """`make messages` writes new ones into it."""
    assert {message.id for message in catalogue(code)} == {message.id for message in extracted()}


@pytest.mark.parametrize("code", TRANSLATED)
def test_every_message_is_translated(code: str) -> None:
    assert list(missing(catalogue(code))) == []
    assert [message.id for message in catalogue(code) if message.fuzzy and message.id] == []


@pytest.mark.parametrize("code", TRANSLATED)
def test_translations_have_the_same_placeholders(code: str) -> None:
    for message in catalogue(code):
        if message.id:
            expected = sorted(PLACEHOLDER.findall(ids(message)[-1]))
            for form in forms(message)[-1:]:
                assert sorted(PLACEHOLDER.findall(form)) == expected, message.id


def test_the_messages_of_declarations_are_marked() -> None:
    known = {each for message in extracted() if message.id for each in ids(message)}

    said = {message for section in sections().values() for message in declared(section) if message}

    assert said - known == set()
