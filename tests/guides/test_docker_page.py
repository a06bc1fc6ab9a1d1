"""The `.env` of the page on Docker sets the variables that compose.yaml requires."""

import re
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.guides.blocks import ROOT, claimed

(WRITES_ENV,) = claimed(__file__)


@pytest.fixture
def dotenv(tmp_path: Path) -> Path:
    subprocess.run(["bash", "-euc", WRITES_ENV.text], cwd=tmp_path, check=True)
    return tmp_path / ".env"


def test_every_secret_has_its_own_line_and_value(dotenv: Path) -> None:
    lines = dotenv.read_text().splitlines()

    assert all(re.fullmatch(r"[A-Z_]+=\S+", line) for line in lines), lines
    values = dict(line.split("=", 1) for line in lines)
    passwords = [value for name, value in values.items() if name.endswith("_PASSWORD")]
    assert len(values) == len(lines)
    assert len(set(passwords)) == len(passwords) == 4
    assert all(re.fullmatch(r"[0-9a-f]{48}", password) for password in passwords)


def test_only_the_owner_can_read_it(dotenv: Path) -> None:
    assert stat.S_IMODE(dotenv.stat().st_mode) == 0o600


def test_it_sets_exactly_the_variables_of_the_compose_file(dotenv: Path) -> None:
    text = (ROOT / "compose.yaml").read_text()
    named = {line.split("=")[0] for line in dotenv.read_text().splitlines()}

    assert set(re.findall(r"\$\{(\w+):\?", text)) <= named
    assert named <= set(re.findall(r"\$\{(\w+)", text))


def test_the_page_lists_all_optional_variables(dotenv: Path) -> None:
    page = (ROOT / WRITES_ENV.page).read_text(encoding="utf-8")
    services: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    listed = set(re.findall(r"^\| `([A-Z_]+)` \|", page, re.MULTILINE))
    asked = set(re.findall(r"\$\{(\w+):-", str(services)))

    assert listed == {name for name in asked if not name.startswith("BETTER_AUTH_")}
