"""What is wrong with a row, a key or a vault."""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from creatorvault.core.errors import Alert
from creatorvault.core.identifiers import TenantId, UserId, VaultId
from creatorvault.core.telemetry.alerts import raise_alert
from creatorvault.crypto.errors import RootKeyUnavailable

type Report = Callable[["Finding"], None]

SERVICE_KEYS: Final = VaultId(TenantId(UUID(int=0)), UserId("-"))
"""Where a finding about a key of the service is."""

Unusable: Final = (Alert, RootKeyUnavailable)
"""Raised for one vault. `problem_of` raises again what concerns all of them."""


class Finding(NamedTuple):
    """`row` identifies it within its vault and table. `problem` never contains content."""

    vault: VaultId
    table: str
    row: str
    problem: str

    def __str__(self) -> str:
        place = " ".join(part for part in (self.table, self.row) if part)
        return f"{self.vault.tenant_id} {self.vault.user_id} {place}: {self.problem}"


def alarm(finding: Finding) -> None:
    """Raises the alarm `unsound`, which is logged and counted."""
    ids = {"tenant_id": str(finding.vault.tenant_id), "user_id": finding.vault.user_id, "table": finding.table}
    raise_alert("unsound", **ids, row=finding.row, problem=finding.problem)


def named(columns: Sequence[str], values: Sequence[Any]) -> str:
    """Names a row by its key: `id 0198…`, `name 5f3a…`."""
    return ", ".join(
        f"{column} {value.hex() if isinstance(value, bytes) else value}"
        for column, value in zip(columns, values, strict=False)
    )


def problem_of(error: Alert | RootKeyUnavailable) -> str:
    """Returns an alert's code and the version of the key that it names, or why a root key cannot be used.

    Raises the error itself if its provider is away as a whole: nothing can be done until it is back.
    """
    if isinstance(error, RootKeyUnavailable):
        if error.reason.concerns_all_keys:
            raise error
        return f"the root key {error.root_key_id} is {error.reason.value}"
    version = error.ids.get("key_version")
    return error.alarm if version is None else f"{error.alarm}, key version {version}"
