"""Commands that call make: each target exists, and its recipe parses. `.ci/run` runs them."""

import shlex
import subprocess
from typing import Final

import pytest

from tests.guides.blocks import ROOT, claimed

RUN, TEST, BENCH = claimed(__file__)
LINES: Final = [line for block in (RUN, TEST, BENCH) for line in block.text.splitlines()]


@pytest.mark.parametrize("line", LINES)
def test_make_has_the_target(line: str) -> None:
    program, *targets = shlex.split(line)

    done = subprocess.run([program, "--dry-run", *targets], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert "-m " in done.stdout
