"""docs/operations.md names everything that can be set, counted and raised."""

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from litestar import Litestar

from creatorvault.apps import INSTALLED
from creatorvault.core.environment import BETTER_AUTH, DEPLOYED
from creatorvault.core.errors import Alarm
from creatorvault.metrics.figures import Figures
from creatorvault.settings import GroupLimits, Settings, load_settings

DOCUMENT = (Path(__file__).parent.parent / "docs" / "operations.md").read_text(encoding="utf-8")
TABLE = "\n".join(
    line.partition(" | ")[0] for line in DOCUMENT.partition("### Every setting")[2].partition("\n## ")[0].splitlines()
)


def settings(kind: type[msgspec.Struct], section: str = "") -> Iterator[str]:
    for field in msgspec.structs.fields(kind):
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            yield from settings(field.type, f"{section}{field.name}.")
        else:
            yield f"{section}{field.name}"


def alarms(kind: type[Alarm] = Alarm) -> Iterator[str]:
    for alarm in kind.__subclasses__():
        yield alarm.code
        yield from alarms(alarm)


@pytest.mark.parametrize("setting", list(settings(Settings)))
def test_every_setting_is_explained(setting: str) -> None:
    assert f"`{setting}`" in DOCUMENT


@pytest.mark.parametrize("setting", re.findall(r"`(\w+\.\w+)`", TABLE))
def test_no_setting_is_explained_that_does_not_exist(setting: str) -> None:
    assert setting in set(settings(Settings))


def test_the_quotas_that_are_shown_can_be_set(tmp_path: Path) -> None:
    [shown] = re.findall(r"```toml\n(.*?)```", DOCUMENT, re.DOTALL)
    [variable] = re.findall(r"`CREATORVAULT_LIMITS__GROUPS='(.*?)'`", DOCUMENT)
    file = tmp_path / "litestar.toml"
    file.write_text(shown, encoding="utf-8")

    assert load_settings({}, file).limits.groups == (GroupLimits(name="admin", reads=60, writes=30),)
    assert load_settings({"CREATORVAULT_LIMITS__GROUPS": variable}).limits.groups == (
        GroupLimits(name="admin", reads=60),
    )


def test_the_groups_that_are_listed_are_those_that_there_are() -> None:
    listed = re.findall(r"^\| `(\w+)` \| `/api", DOCUMENT, re.MULTILINE)

    assert set(listed) == {installed.name for installed in INSTALLED if installed.is_limited}


@pytest.mark.parametrize("variable", sorted({*DEPLOYED, *BETTER_AUTH}))
def test_every_variable_is_named(variable: str) -> None:
    assert f"`{variable}`" in DOCUMENT


@pytest.mark.parametrize("code", sorted({*alarms(), "provider_down"}))
def test_every_alarm_has_an_answer(code: str) -> None:
    assert f"| `{code}` |" in DOCUMENT


def test_every_figure_is_named(app: Litestar) -> None:
    for metric in Figures(app.state).collect():
        name = metric.name if metric.type != "counter" else f"{metric.name}_total"
        short = f"_{name.rpartition('_')[2]}" if metric.type == "gauge" else f"_{'_'.join(name.rsplit('_', 2)[1:])}"
        assert f"`{name}`" in DOCUMENT or f"`{short}`" in DOCUMENT, name
