"""Values of API responses as HTML in a language: numbers, sizes, moments, statuses."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Final

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal
from babel.units import format_unit
from markupsafe import Markup, escape

from creatorvault.console.languages import ENGLISH, Language
from creatorvault.core.console.declarations import N_, Column, Kind

NOTHING: Final = Markup('<span class="nothing">–</span>')
SIZES: Final = ("byte", "kilobyte", "megabyte", "gigabyte", "terabyte", "petabyte")
THOUSAND: Final = 1000
UNBROKEN: Final = "\N{NO-BREAK SPACE}"
REMEMBERED: Final = 4096
"""Texts of each kind: most numbers are small, and most moments of a page are of a few days."""

YES: Final = N_("Yes")
NO: Final = N_("No")

type Format = Callable[[Language, object, Column], Markup]


def shown(language: Language, value: object, column: Column) -> Markup:
    """Returns the HTML of a value of JSON, by the column's kind. A value that does not suit the kind is shown as text.

    Null is a dash, and of a list each element is shown.
    """
    if value is None or value in ("", [], {}):
        return NOTHING
    if isinstance(value, list):
        elements = (Markup("<li>{}</li>").format(shown(language, each, column)) for each in value)
        return Markup("<ul>{}</ul>").format(Markup("").join(elements))
    if isinstance(value, Mapping):
        return _pairs(language, value, column)
    return FORMATS.get(column.kind, _text)(language, value, column)


def said(language: Language, text: str) -> Markup:
    """Returns a text of the API, marked as English if there is no translation of it (WCAG 2.2, 3.1.2)."""
    translated = language.translated(text)
    if translated != text or language.code == ENGLISH:
        return escape(translated)
    return Markup('<span lang="en" dir="ltr">{}</span>').format(text)


@lru_cache(REMEMBERED)
def number(locale: Locale, value: float) -> str:
    return format_decimal(value, locale=locale)


def size(locale: Locale, value: float) -> str:
    """Returns a number of bytes in the largest decimal unit of which there is at least one."""
    power = 0
    while abs(value) >= THOUSAND and power < len(SIZES) - 1:
        value /= THOUSAND
        power += 1
    return format_unit(round(value, 1), f"digital-{SIZES[power]}", length="short", locale=locale)


def moment(locale: Locale, value: datetime) -> Markup:
    """Returns it in UTC, to the second. A line may break between the date and the time, and nowhere else."""
    value = value.astimezone(UTC)
    return _time(value, f"{_date(locale, value.date())} {value:%H:%M:%S}{UNBROKEN}UTC")


def clock(value: datetime) -> Markup:
    """Returns the hour and the minute of a moment of today, in UTC."""
    value = value.astimezone(UTC)
    return _time(value, f"{value:%H:%M}{UNBROKEN}UTC")


@lru_cache(REMEMBERED)
def _date(locale: Locale, value: date) -> str:
    return format_date(value, "medium", locale=locale).replace(" ", UNBROKEN)


def _time(value: datetime, text: str) -> Markup:
    return Markup('<time datetime="{}">{}</time>').format(f"{value:%Y-%m-%dT%H:%M:%SZ}", text)


def _text(language: Language, value: object, column: Column) -> Markup:
    """Users and other services have given such texts, whose direction only their letters tell."""
    return Markup("<bdi>{}</bdi>").format(_named(language, value, column))


def _number(language: Language, value: object, column: Column) -> Markup:
    if not isinstance(value, int | float):
        return _text(language, value, column)
    text = (size if column.kind is Kind.BYTES else number)(language.locale, value)
    return Markup('<bdi class="number">{}</bdi>').format(text)


def _moment(language: Language, value: object, column: Column) -> Markup:
    try:
        return moment(language.locale, datetime.fromisoformat(str(value)))
    except ValueError:
        return _text(language, value, column)


def _flag(language: Language, value: object, column: Column) -> Markup:
    if not isinstance(value, bool):
        return _text(language, value, column)
    return Markup("{}").format(language.translated(YES if value else NO))


def _status(language: Language, value: object, column: Column) -> Markup:
    name = _named(language, value, column)
    return Markup('<span class="status" data-status="{}">{}</span>').format(value, name)


def _identifier(language: Language, value: object, column: Column) -> Markup:
    return Markup('<bdi class="identifier" dir="ltr">{}</bdi>').format(value)


def _prose(language: Language, value: object, column: Column) -> Markup:
    return said(language, str(value))


def _pairs(language: Language, value: Mapping[str, object], column: Column) -> Markup:
    row = Markup("<div><dt>{}</dt><dd>{}</dd></div>")
    kinds = {bool: Kind.FLAG, int: Kind.NUMBER, float: Kind.NUMBER}
    rows = (
        row.format(
            _text(language, name, column),
            shown(
                language,
                each,
                Column(name=name, label=name, kind=kinds.get(type(each), Kind.TEXT), values=column.values),
            ),
        )
        for name, each in value.items()
    )
    return Markup('<dl class="pairs">{}</dl>').format(Markup("").join(rows))


def _named(language: Language, value: object, column: Column) -> str:
    """Returns the message of a value that the column names, else the value."""
    text = str(value)
    return language.translated(column.values[text]) if text in column.values else text


FORMATS: Final[Mapping[Kind, Format]] = {
    Kind.NUMBER: _number,
    Kind.BYTES: _number,
    Kind.MOMENT: _moment,
    Kind.FLAG: _flag,
    Kind.STATUS: _status,
    Kind.IDENTIFIER: _identifier,
    Kind.PROSE: _prose,
}
