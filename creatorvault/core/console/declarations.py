"""Pages of the operators' console, as the `admin.py` of an app declares them.

A page shows responses of operations of the admin API, and its actions are requests to them. So the console can do what
the API can, with the same scopes, and an app that has operations for operators needs no code for their pages.

Operations are named by their handler, as `list_tenants`. Labels are English messages, which catalogues translate.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


def N_(message: str) -> str:  # noqa: N802 - the customary name of gettext for a message that is translated later
    """Marks a message for the catalogues, and returns it as it is."""
    return message


class Kind(StrEnum):
    """How a value is shown. An identifier is set in a font with digits that cannot be mistaken.

    Prose is a sentence of the service, in English, such as the finding of a check.
    """

    TEXT = "text"
    NUMBER = "number"
    BYTES = "bytes"
    MOMENT = "moment"
    STATUS = "status"
    FLAG = "flag"
    IDENTIFIER = "identifier"
    PAIRS = "pairs"
    PROSE = "prose"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A field of the objects that an operation returns; `a.b` is the field `b` of `a`.

    `link` is the name of the section whose page shows this object, from `keys` of the object: parameters of that page
    and the fields that give them. A status is shown as the message in `values`.
    """

    name: str
    label: str
    kind: Kind = Kind.TEXT
    link: str | None = None
    keys: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A query parameter of a list. What may be chosen comes from its type; `values` are the messages of the choices."""

    name: str
    label: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of a response. A list that has a `total` has pages, and those of its filters and sorts that are named here.

    `rows` is the field with the rows. `given` are query parameters, or path parameters, that come from the page's
    object: the parameter, and the field. `fixed` are query parameters with a constant value.
    `search` is the query parameter of the search box. `sorts` are values of the parameter `sort`. A browser with
    scripts fetches the table again every `refresh_seconds`.
    """

    title: str
    operation: str
    columns: Sequence[Column]
    rows: str = "items"
    empty: str = N_("There is nothing here.")
    filters: Sequence[Filter] = ()
    search: Filter | None = None
    sorts: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)
    actions: Sequence[str] = ()
    refresh_seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Fields of one object. `given` as in Table."""

    title: str
    operation: str
    fields: Sequence[Column]
    given: Mapping[str, str] = field(default_factory=dict)
    refresh_seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Values over time: field `name` of each row."""

    name: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Lines over time, drawn from rows of a response whose field `at` is the time."""

    title: str
    operation: str
    series: Sequence[Series]
    rows: str = "items"
    unit: Kind = Kind.NUMBER
    fixed: Mapping[str, str] = field(default_factory=dict)


type Block = Table | Facts | Chart


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """A field of an action's body. Its control, and what it accepts, come from its type."""

    name: str
    label: str
    hint: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A request that changes something. Its path parameters are those of the object's page, or of the table's row.

    `question` is asked before. With `fresh`, the operator must have signed in a short time ago. `when` hides the action
    of objects whose field has another value; on an object's page, `a.b` is the field `b` of its part `a`. `result` are
    fields of the response that are shown once. With `download` the response is sent as a file.
    """

    name: str
    label: str
    operation: str
    question: str = ""
    inputs: Sequence[Input] = ()
    done: str = N_("Done.")
    fresh: bool = False
    dangerous: bool = False
    download: bool = False
    when: Mapping[str, Sequence[str | bool]] = field(default_factory=dict)
    result: Sequence[Column] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """An object on which actions of a page depend: a response, or the first of its `rows`. `given` as in Table."""

    operation: str
    rows: str | None = None
    given: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemPage:
    """The page of one object. `keys` are the path parameters of `operation`, which reads it, and of its actions.

    `title` is the field that names it. An object without an operation of its own is known by its keys alone. `parts`
    are for the conditions of actions (`Action.when`), by name; what there is not has no fields.
    """

    keys: Sequence[str]
    title: str
    operation: str | None = None
    blocks: Sequence[Block] = ()
    actions: Sequence[Action] = ()
    parts: Mapping[str, Part] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """An entry of the navigation, at /console/<name>. `order` is its place among the entries."""

    name: str
    title: str
    order: int
    blocks: Sequence[Block]
    actions: Sequence[Action] = ()
    item: ItemPage | None = None
