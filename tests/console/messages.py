"""The messages of the console: found in templates and code, and written into the catalogues.

`python -m tests.console.messages` adds new ones without a translation, and removes those that nobody says any more.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po

import creatorvault
from creatorvault.console.languages import CODES, ENGLISH, LOCALES

PACKAGE: Final = Path(creatorvault.__file__).parent
METHODS: Final = [("**.py", "python"), ("console/templates/**.html", "jinja2")]
OPTIONS: Final = {"console/templates/**.html": {"trimmed": "true", "silent": "false"}}
KEYWORDS: Final = {**DEFAULT_KEYWORDS, "N_": None}
TRANSLATED: Final = tuple(code for code in CODES if code != ENGLISH)
WIDTH: Final = 118
HEADER: Final = """\
# Messages of the operators' console. `make messages` adds new ones, without a translation.
msgid ""
msgstr ""
"Language: {code}\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: {plurals}\\n"

"""


def extracted() -> Catalog:
    """Returns all messages, with the files that say them."""
    catalog = Catalog(fuzzy=False)
    found = extract_from_dir(
        PACKAGE, METHODS, OPTIONS, KEYWORDS, comment_tags=("Translators:",), strip_comment_tags=True
    )
    for file, _, message, comments, context in found:
        catalog.add(message, None, [(f"creatorvault/{file}", 0)], auto_comments=comments, context=context)
    return catalog


def catalogue(code: str) -> Catalog:
    with place(code).open("rb") as file:
        return read_po(file, locale=code)


def place(code: str) -> Path:
    return LOCALES / f"{code}.po"


def updated(code: str) -> Iterator[str]:
    """Writes a catalogue; yields its messages without a translation."""
    kept = catalogue(code) if place(code).exists() else Catalog(locale=code)
    kept.update(extracted(), no_fuzzy_matching=True)
    kept.obsolete.clear()
    with place(code).open("wb") as file:
        file.write(HEADER.format(code=code, plurals=kept.plural_forms).encode())
        write_po(file, kept, width=WIDTH, sort_output=True, include_lineno=False, omit_header=True)
    yield from missing(kept)


def missing(catalog: Catalog) -> Iterator[str]:
    for message in catalog:
        if message.id:
            strings = [message.string] if isinstance(message.string, str) else [*(message.string or ("",))]
            if not all(strings):
                yield str(message.id)


if __name__ == "__main__":
    for code in TRANSLATED:
        for message in updated(code):
            print(f"{code}: {message}")  # noqa: T201 - tells who translates
