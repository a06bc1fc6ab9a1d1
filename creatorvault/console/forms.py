"""Controls of forms, which are made from the request models of operations, and what was typed into them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final, NamedTuple

from creatorvault.console.calling import FieldProblem
from creatorvault.console.languages import Language
from creatorvault.core.console.declarations import N_, Filter, Input
from creatorvault.core.http.schemas import RequestModel

WHOLE_NUMBER: Final = re.compile(r"-?[0-9]{1,19}")
ZONE: Final = re.compile(r"(?:[Zz]|[+-][0-9]{2}:?[0-9]{2})$")
MINUTES: Final = len("2026-11-30T19:20")

YES_OR_NO: Final = {"true": N_("Yes"), "false": N_("No")}

MESSAGES: Final = {
    "missing": N_("Fill in this field."),
    "string_too_short": N_("Fill in this field."),
    "string_too_long": N_("Enter at most %(max_length)s characters."),
    "string_pattern_mismatch": N_("This is not in the right form."),
    "int_parsing": N_("Enter a whole number."),
    "greater_than_equal": N_("Enter at least %(ge)s."),
    "less_than_equal": N_("Enter at most %(le)s."),
    "enum": N_("Choose one of the options."),
    "literal_error": N_("Choose one of the options."),
    "too_short": N_("Choose at least one of the options."),
    "uuid_parsing": N_("Enter a whole id."),
    "datetime_from_date_parsing": N_("Enter a date and a time."),
    "datetime_parsing": N_("Enter a date and a time."),
    "cursor_invalid": N_("This page of the list does not exist any more. Go to the first page."),
}
"""By the type of an error. Others are shown as the API words them."""


class ControlKind(StrEnum):
    TEXT = "text"
    SEARCH = "search"
    NUMBER = "number"
    MOMENT = "moment"
    FLAG = "flag"
    CHOICE = "choice"
    CHOICES = "choices"


class Choice(NamedTuple):
    value: str
    label: str


class FormError(NamedTuple):
    """A message in the language of the page. `field` is the id of the control, or empty."""

    message: str
    field: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """A field of a form: `field` is its name there, and `name` the one in the API.

    `values` are what it contains, at most one of all kinds but CHOICES.
    """

    name: str
    field: str
    label: str
    kind: ControlKind
    hint: str = ""
    required: bool = False
    choices: Sequence[Choice] = ()
    max_length: int | None = None
    values: Sequence[str] = ()
    error: str | None = None

    @property
    def id(self) -> str:
        return f"field-{self.field.replace('.', '-')}"

    @property
    def value(self) -> str:
        return self.values[0] if self.values else ""

    def sent(self) -> object:
        """Returns the value as the API takes it; None if there is none."""
        text = self.value.strip()
        match self.kind:
            case ControlKind.FLAG:
                return bool(self.values)
            case ControlKind.CHOICES:
                return list(self.values)
            case ControlKind.NUMBER if WHOLE_NUMBER.fullmatch(text):
                return int(text)
            case ControlKind.MOMENT if text and not ZONE.search(text):
                return f"{text}Z"  # moments are shown and typed in UTC
        return text or None

    def showing(self, value: object) -> "Control":
        """Returns it with a value of a response."""
        if value is None or value is False:
            return replace(self, values=())
        if isinstance(value, list):
            return replace(self, values=[str(each) for each in value])
        text = "true" if value is True else str(value)
        return replace(self, values=[text[:MINUTES] if self.kind is ControlKind.MOMENT else text])


def input_control(model: type[RequestModel], given: Input) -> Control:
    """Returns the control for a field of a body. Raises KeyError if the model has no such field."""
    return _control(model, given.name, given.label, given.hint, given.values)


def filter_control(model: type[RequestModel], given: Filter) -> Control:
    """Returns the control for a query parameter, whose choices include any. Raises KeyError as `input_control`."""
    control = _control(model, given.name, given.label, "", given.values)
    if control.kind is ControlKind.FLAG:
        choices = [Choice(value, given.values.get(value, label)) for value, label in YES_OR_NO.items()]
        control = replace(control, kind=ControlKind.CHOICE, choices=choices)
    if control.kind is ControlKind.CHOICE:
        control = replace(control, choices=[Choice("", N_("All")), *control.choices])
    return replace(control, required=False)


def _control(model: type[RequestModel], name: str, label: str, hint: str, messages: Mapping[str, str]) -> Control:
    schema = model.model_json_schema()
    rule = _resolved(schema["properties"][name], schema)
    items = _resolved(rule["items"], schema) if "items" in rule else rule
    choices = [Choice(str(value), messages.get(str(value), str(value))) for value in items.get("enum", ())]
    return Control(
        name=name,
        field=name,
        label=label,
        kind=_kind(rule, has_choices=bool(choices)),
        hint=hint,
        required=model.model_fields[name].is_required(),
        choices=choices,
        max_length=rule.get("maxLength"),
    )


def _resolved(rule: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follows references, and takes what may be null for what else it may be."""
    if "$ref" in rule:
        return _resolved(schema["$defs"][rule["$ref"].rpartition("/")[2]], schema)
    others = [either for either in rule.get("anyOf", ()) if either.get("type") != "null"]
    return _resolved(others[0], schema) if others else rule


def _kind(rule: Mapping[str, Any], *, has_choices: bool) -> ControlKind:
    if rule.get("type") == "array":
        return ControlKind.CHOICES
    if has_choices:
        return ControlKind.CHOICE
    if rule.get("format") == "date-time":
        return ControlKind.MOMENT
    kinds = {"boolean": ControlKind.FLAG, "integer": ControlKind.NUMBER}
    return kinds.get(str(rule.get("type")), ControlKind.TEXT)


def filled(controls: Iterable[Control], typed: Mapping[str, Sequence[str]]) -> list[Control]:
    """Returns the controls with what was typed."""
    return [replace(control, values=[each for each in typed.get(control.field, ()) if each]) for control in controls]


def sent(controls: Iterable[Control]) -> dict[str, object]:
    """Returns what the API takes of the controls. An empty one is left out: it means the default, or is missing."""
    return {control.name: value for control in controls if (value := control.sent()) is not None}


def with_errors(
    controls: Iterable[Control], errors: Iterable[FieldProblem], language: Language
) -> tuple[list[Control], list[FormError]]:
    """Returns the controls with their errors, and all errors in the order of the controls."""
    found = {str(error.loc[1]) if error.loc[1:] else "": _worded(error, language) for error in reversed([*errors])}
    marked = [replace(control, error=found.pop(control.name, None)) for control in controls]
    of_fields = [FormError(control.error, control.id) for control in marked if control.error is not None]
    return marked, [*of_fields, *map(FormError, found.values())]


def _worded(error: FieldProblem, language: Language) -> str:
    message = MESSAGES.get(error.type)
    return error.msg if message is None else language.translated(message) % error.ctx
