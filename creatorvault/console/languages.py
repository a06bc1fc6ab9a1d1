"""The languages of the console, and which one a browser wants. Messages without a translation are shown in English."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from litestar import Request

from creatorvault.console.cookies import cookie_of

LOCALES: Final = Path(__file__).parent / "locales"
ENGLISH: Final = "en"
CODES: Final = (ENGLISH, "de", "ur")
COOKIE: Final = "creatorvault-console-language"
MOST_PREFERENCES: Final = 20
"""Of an Accept-Language header. Browsers send fewer."""


@dataclass(frozen=True, slots=True)
class Language:
    """`code` is its BCP 47 tag, and `name` its name in the language itself."""

    code: str
    name: str
    locale: Locale
    translations: NullTranslations

    @property
    def direction(self) -> str:
        """Returns the value of HTML's `dir`."""
        return self.locale.text_direction

    def translated(self, message: str) -> str:
        """The catalogue's own entry of the empty message is its header, so that is returned as it is."""
        return self.translations.gettext(message) if message else message


@cache
def language(code: str) -> Language:
    locale = Locale.parse(code)
    return Language(code, str(locale.get_display_name(locale)), locale, _translations(code))


def languages() -> Sequence[Language]:
    return tuple(map(language, CODES))


def language_of(request: Request[Any, Any, Any]) -> Language:
    """Returns the language that was chosen, else the browser's first one that there is, else English."""
    chosen = cookie_of(request, COOKIE)
    if chosen in CODES:
        return language(chosen)
    return language(next(_preferred(request.headers.get("accept-language", "")), ENGLISH))


def _preferred(header: str) -> Iterator[str]:
    """Yields those that there are, the most wanted first (RFC 9110 §12.5.4). `de-CH` is served as `de`."""
    wanted = [_preference(entry) for entry in header.split(",", MOST_PREFERENCES)[:MOST_PREFERENCES]]
    for code, quality in sorted(wanted, key=lambda preference: preference[1], reverse=True):
        if code in CODES and quality > 0:
            yield code


def _preference(entry: str) -> tuple[str, float]:
    tag, _, parameter = entry.partition(";")
    name, _, value = parameter.strip().partition("=")
    try:
        quality = float(value) if name == "q" else 1.0
    except ValueError:
        quality = 0.0
    return tag.strip().lower().partition("-")[0], quality


def _translations(code: str) -> NullTranslations:
    """Compiles the catalogue in memory: files of gettext's binary form would be a second copy of each."""
    if code == ENGLISH:
        return NullTranslations()
    compiled = io.BytesIO()
    with (LOCALES / f"{code}.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale=code))
    compiled.seek(0)
    return Translations(compiled)
