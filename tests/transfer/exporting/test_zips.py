"""Zip archives beyond what fits in their old fields."""

import io
import shutil
import subprocess
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from creatorvault.transfer.exporting.zips import ZipStream

NOON = datetime(2026, 11, 30, 12, 0, 2, tzinfo=UTC)


def archive_of(files: dict[str, bytes], time: datetime = NOON) -> bytes:
    stream = ZipStream()
    return b"".join([*(stream.file(name, content, time) for name, content in files.items()), *stream.end()])


def test_more_than_65535_members_need_zip64() -> None:
    files = {f"ideas/{number}.md": b"%d" % number for number in range(70_000)}
    read = zipfile.ZipFile(io.BytesIO(archive_of(files)))

    assert read.namelist() == list(files)
    assert all(read.read(name) == files[name] for name in list(files)[::7_000])


def test_members_beyond_four_gibibytes_need_zip64(tmp_path: Path) -> None:
    path, beyond = tmp_path / "sparse.zip", 2**32 + 10
    stream = ZipStream()
    first = stream.file("first", b"one", NOON)
    stream._offset = beyond
    rest = b"".join([stream.file("second", b"two", NOON), *stream.end()])
    with path.open("wb") as sparse:
        sparse.write(first)
        sparse.seek(beyond)
        sparse.write(rest)
    with zipfile.ZipFile(path) as read:
        assert (read.read("first"), read.read("second")) == (b"one", b"two")


def test_times_outside_of_the_format_are_cut() -> None:
    for time, shown in ((datetime(1, 1, 1, tzinfo=UTC), 1980), (datetime(9999, 1, 1, tzinfo=UTC), 2107)):
        [member] = zipfile.ZipFile(io.BytesIO(archive_of({"x": b""}, time))).infolist()
        assert member.date_time[0] == shown


def test_another_implementation_unpacks_it(tmp_path: Path) -> None:
    if (unzip := shutil.which("unzip")) is None:
        pytest.skip("unzip is not installed")
    (tmp_path / "x.zip").write_bytes(archive_of({"ideas/Ünï.md": b"text" * 1000, "settings.json": b"{}\n"}))
    done = subprocess.run([unzip, "-t", "x.zip"], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
