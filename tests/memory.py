"""Temporary files of the tests in memory.

PostgreSQL creates a thousand files for each database, and the tests create hundreds of databases. On a disk a seventh
of the processor time of a run was ext4's search for inodes that were not freed in the last seconds.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

SHARED_MEMORY: Final = Path("/dev/shm")
PREFIX: Final = "cv-"
"""Short, since addresses of Unix sockets have at most 107 bytes."""
LOCK: Final = "creatorvault-tests.lock"
"""The file that tells a folder of ours from somebody else's. A run holds its lock."""
NEEDED_BYTES: Final = 4 << 30
"""A run uses half a gigabyte."""


@contextmanager
def temporary_files_in_memory() -> Iterator[None]:
    """Sets TMPDIR, which children inherit, unless it is set or the machine has no room in memory."""
    if "TMPDIR" in os.environ or not _has_room():
        yield
        return
    _remove_left_behind()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=SHARED_MEMORY))
    folder.chmod(0o1777)  # PostgreSQL may run as another account
    lock = os.open(folder / LOCK, os.O_CREAT | os.O_RDWR, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    os.environ["TMPDIR"], tempfile.tempdir = str(folder), None
    try:
        yield
    finally:
        del os.environ["TMPDIR"]
        tempfile.tempdir = None
        shutil.rmtree(folder)
        os.close(lock)


def _has_room() -> bool:
    try:
        found = os.statvfs(SHARED_MEMORY)
    except OSError:
        return False
    is_usable = os.access(SHARED_MEMORY, os.W_OK | os.X_OK) and not found.f_flag & os.ST_NOEXEC
    return is_usable and found.f_bavail * found.f_frsize >= NEEDED_BYTES


def _remove_left_behind() -> None:
    """Removes the files of runs that were killed: nobody holds their locks."""
    for folder in SHARED_MEMORY.glob(f"{PREFIX}*"):
        if (lock := _locked(folder)) is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)


def _locked(folder: Path) -> int | None:
    """Returns a file descriptor that holds the folder's lock, or None if another process does or it is not ours."""
    try:
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock
