"""litestar.toml documents the valid range of each number, and exactly this range is accepted."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import pytest

from creatorvault.settings.loading import load_settings
from creatorvault.settings.reader import PREFIX, SettingsError
from creatorvault.settings.sections import GroupLimits, Settings
from tests.guides.blocks import ROOT

FILE: Final = (ROOT / "litestar.toml").read_text(encoding="utf-8")
NUMBERS: Final = (msgspec.inspect.IntType, msgspec.inspect.FloatType)


class Bounded(NamedTuple):
    section: str
    name: str
    lowest: float | None
    above: float | None
    highest: float | None

    @property
    def words(self) -> str:
        lowest = f"above {self.above}" if self.above is not None else f"{self.lowest}"
        return f"{lowest} or more" if self.highest is None else f"{lowest} to {self.highest}"

    @property
    def variable(self) -> str:
        return f"{PREFIX}{self.section}__{self.name}".upper()

    @property
    def taken(self) -> list[float | None]:
        return [self.lowest, self.highest]

    @property
    def refused(self) -> list[float | None]:
        below = None if self.lowest is None else self.lowest - 1
        return [below, self.above, None if self.highest is None else self.highest + 1]


def bounded(kind: type[msgspec.Struct], section: str) -> Iterator[Bounded]:
    info = msgspec.inspect.type_info(kind)
    assert isinstance(info, msgspec.inspect.StructType)
    for field in info.fields:
        types: tuple[Any, ...] = getattr(field.type, "types", (field.type,))
        for number in types:
            if isinstance(number, NUMBERS):
                yield Bounded(section, field.name, number.ge, number.gt, number.le)


SETTINGS: Final = [
    setting
    for field in msgspec.structs.fields(Settings)
    if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct)
    for setting in bounded(field.type, field.name)
]


def beside(section: str) -> dict[str, str]:
    """Returns the comment after each setting of a section, commented out or not."""
    text = re.split(rf"^(?:# )?\[\[?{re.escape(section)}\]?\]$", FILE, maxsplit=1, flags=re.MULTILINE)[1]
    text = re.split(r"^(?:# )?\[+[a-z]", text, maxsplit=1, flags=re.MULTILINE)[0]
    return dict(re.findall(r"^(?:# )?(\w+) = [^#\n]*?(?: +# (.*))?$", text, re.MULTILINE))


def test_each_setting_documents_its_range() -> None:
    for setting in (*SETTINGS, *bounded(GroupLimits, "limits.groups")):
        assert beside(setting.section).get(setting.name) == setting.words, f"{setting.section}.{setting.name}"


def test_a_number_out_of_range_is_refused_by_name(no_settings: Path) -> None:
    assert len(SETTINGS) > 25
    for setting in SETTINGS:
        for value in setting.taken:
            if value is not None:
                load_settings({setting.variable: str(value)}, no_settings)
        for value in setting.refused:
            if value is not None:
                with pytest.raises(SettingsError, match=setting.variable):
                    load_settings({setting.variable: str(value)}, no_settings)
