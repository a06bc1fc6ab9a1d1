"""Where Node is missing these tests say so, and are skipped."""

from pathlib import Path

import pytest

from tests.better_auth.packages import NotInstallable, installed


def test_a_missing_tool_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(NotInstallable, match="node and npm not found"):
        installed(tmp_path)


def test_an_install_that_fails_is_told_in_npms_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho 'npm error network down' >&2\nexit 1\n")
    npm.chmod(0o755)
    node = tmp_path / "node"
    node.write_text("#!/bin/sh\n")
    node.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")

    with pytest.raises(NotInstallable, match="npm error network down"):
        installed(tmp_path)
