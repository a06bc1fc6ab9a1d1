"""The operators' pages document all settings, metrics and alarms."""

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from litestar import Litestar
from prometheus_client import CollectorRegistry

from creatorvault.apps import INSTALLED
from creatorvault.core.errors import Alert
from creatorvault.core.parts import parts_of
from creatorvault.metrics.collector import AppMetrics
from creatorvault.metrics.recorder import Recorder
from creatorvault.settings.environment import BETTER_AUTH, DEPLOYED
from creatorvault.settings.loading import load_settings
from creatorvault.settings.sections import GroupLimits, Settings

PAGES = Path(__file__).parent.parent / "docs" / "operations"
SETTINGS, RATE_LIMITS, MONITORING, ALARMS = (
    (PAGES / f"{page}.md").read_text(encoding="utf-8") for page in ("settings", "rate-limits", "monitoring", "alarms")
)
ROWS = re.findall(r"^\| (`.*?) \| (.*?) \|", SETTINGS.partition("## Every setting")[2], re.MULTILINE)
UNITS = {"MiB": 2**20, "GiB": 2**30}


def settings(kind: type[msgspec.Struct], section: str = "") -> Iterator[str]:
    for field in msgspec.structs.fields(kind):
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            yield from settings(field.type, f"{section}{field.name}.")
        else:
            yield f"{section}{field.name}"


def alerts(kind: type[Alert] = Alert) -> Iterator[str]:
    for alert in kind.__subclasses__():
        yield alert.alarm
        yield from alerts(alert)


def defaults_of(names: str, said: str) -> Iterator[tuple[str, object]]:
    """Yields the defaults of one row: one for all settings, or one for each; a single setting may have a list."""
    named = re.findall(r"`([\w.]+)`", names)
    values = [_value(text) for text in said.split(", ")]
    if len(named) == 1 and len(values) > 1:
        yield named[0], values
    else:
        yield from zip(named, values if len(values) > 1 else values * len(named), strict=True)


def _value(text: str) -> object:
    """Bare words are `none`, a boolean, or a number, which may have a unit; everything else is in backticks."""
    if text.startswith("`"):
        return text.strip("`")
    if text in {"none", "true", "false"}:
        return {"none": None, "true": True, "false": False}[text]
    number, _, unit = text.partition(" ")
    return (float(number) if "." in number else int(number)) * UNITS.get(unit, 1)


EXPLAINED = [setting for names, _ in ROWS for setting in re.findall(r"`([\w.]+)`", names)]
DEFAULTS = {
    setting: default
    for names, said in ROWS
    if not said.startswith("see ")
    for setting, default in defaults_of(names, said)
}


def test_every_setting_is_explained_once_and_no_other() -> None:
    assert sorted(EXPLAINED) == sorted(settings(Settings))


@pytest.mark.parametrize("setting", DEFAULTS)
def test_documented_defaults_match_the_settings(setting: str) -> None:
    default = msgspec.json.decode(msgspec.json.encode(Settings(), enc_hook=str))
    for name in setting.split("."):
        default = default[name]

    said = DEFAULTS[setting]
    assert default in ([said], said) or (said is None and default == [])


def test_the_printed_quotas_are_accepted(tmp_path: Path) -> None:
    [shown] = re.findall(r"```toml\n(.*?)```", RATE_LIMITS, re.DOTALL)
    [variable] = re.findall(r"`CREATORVAULT_LIMITS__GROUPS='(.*?)'`", RATE_LIMITS)
    file = tmp_path / "litestar.toml"
    file.write_text(shown, encoding="utf-8")

    assert load_settings({}, file).limits.groups == (GroupLimits(name="admin", reads=60, writes=30),)
    assert load_settings({"CREATORVAULT_LIMITS__GROUPS": variable}).limits.groups == (
        GroupLimits(name="admin", reads=60),
    )


def test_the_listed_groups_match_the_apps() -> None:
    listed = re.findall(r"^\| `(\w+)` \| `/api", RATE_LIMITS, re.MULTILINE)

    assert set(listed) == {installed.name for installed in INSTALLED if installed.is_limited}


@pytest.mark.parametrize("variable", sorted({*DEPLOYED, *BETTER_AUTH}))
def test_every_variable_is_documented(variable: str) -> None:
    assert f"`{variable}`" in SETTINGS


@pytest.mark.parametrize("code", sorted({*alerts(), "provider_down", "statements_lost"}))
def test_every_alarm_has_a_documented_response(code: str) -> None:
    assert f"| `{code}` |" in ALARMS


def test_every_metric_is_documented_and_no_other(app: Litestar) -> None:
    measured = CollectorRegistry()
    Recorder(measured)
    sources = [source for installed in INSTALLED for source in installed.metrics]
    there_are = {
        f"{metric.name}_total" if metric.type == "counter" else metric.name
        for metric in (*AppMetrics(parts_of(app), sources).collect(), *measured.collect())
    }

    named = set()
    for cell in re.findall(r"^\| (`creatorvault_.*?) \|", MONITORING, re.MULTILINE):
        first, *others = re.findall(r"`(\w+)`", cell.partition(" by ")[0])
        # A name that begins with an underscore replaces the last two words of the first name.
        shared, *_ = first.rsplit("_", 2)
        named |= {first, *(f"{shared}{other}" if other.startswith("_") else other for other in others)}

    # One metric exists only if processes share their counts, two exist in processes that run jobs.
    elsewhere = {"creatorvault_limits_storage_up", "creatorvault_jobs", "creatorvault_jobs_oldest_waiting_seconds"}
    assert named == there_are | elsewhere
