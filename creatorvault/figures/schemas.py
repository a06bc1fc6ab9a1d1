"""Request and response schemas of figures: numbers, times, codes and names."""

from typing import ClassVar, Literal

import msgspec

from creatorvault.core.http.schemas import Moment, Prose, RequestModel
from creatorvault.figures import prose

type Span = Literal["hour", "day", "week"]


class SeriesQuery(RequestModel):
    """Which figures are asked for."""

    described = prose.SPAN

    span: Literal["hour", "day", "week"] = "hour"


class FiguresPoint(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of one step."""

    described: ClassVar[Prose] = prose.POINT

    at: Moment
    requests: int
    errors: int
    writes: int
    p50_milliseconds: float | None
    p95_milliseconds: float | None
    p99_milliseconds: float | None
    vaults: int | None
    ideas: int | None
    sealed_bytes: int | None
    key_versions: dict[str, int]
    jobs_waiting: int | None
    jobs_failed: int | None
    alerts: dict[str, int]


class AlertFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Alarms with one code."""

    described: ClassVar[Prose] = prose.ALERT

    code: str
    count: int
    last_at: Moment


class FiguresSeries(msgspec.Struct, frozen=True, kw_only=True):
    """Figures over time, of all processes."""

    described: ClassVar[Prose] = {
        **prose.SPAN,
        "step_seconds": ("Length of a step.", 60),
        "items": ("The steps, the earliest first.", [{name: value for name, (_, value) in prose.POINT.items()}]),
        "alerts": ("Alarms by code, the latest first.", [{name: value for name, (_, value) in prose.ALERT.items()}]),
    }

    span: Span
    step_seconds: int
    items: list[FiguresPoint]
    alerts: list[AlertFigures]


class SettingResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A setting of the responding process."""

    described: ClassVar[Prose] = prose.SETTING

    name: str
    value: str | None
    is_default: bool
    is_secret: bool
    variable: str | None
    documented_in: str


class SettingList(msgspec.Struct, frozen=True, kw_only=True):
    """The settings in force."""

    described: ClassVar[Prose] = {
        "items": ("The settings, by section.", [{name: value for name, (_, value) in prose.SETTING.items()}])
    }

    items: list[SettingResponse]


class CheckResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A finding of a system check."""

    described: ClassVar[Prose] = prose.CHECK

    id: str
    level: Literal["error", "warning"]
    text: str
    hint: str


class CheckList(msgspec.Struct, frozen=True, kw_only=True):
    """What the system checks have found."""

    described: ClassVar[Prose] = {
        "items": ("The findings.", [{name: value for name, (_, value) in prose.CHECK.items()}]),
        **prose.CHECKS,
    }

    items: list[CheckResponse]
    checked_at: Moment
    seconds: float
    errors: int
    warnings: int


class OperatorReadiness(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the responding process can handle requests, as its health check says."""

    described: ClassVar[Prose] = prose.READINESS

    ready: bool
    checks: dict[str, str]
    warnings: dict[str, str]
