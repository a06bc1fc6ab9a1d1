"""A cipher that hides nothing, to see what the real one costs. For the benchmark only: nothing in the package knows it.

One process has both and changes between them when it is told to, since two processes that run the same code differ by
more than what is looked for. Both read the same rows: what has been opened once, the null cipher knows by its nonce.
"""

import signal
from collections.abc import Callable
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from creatorvault.crypto import envelope
from creatorvault.crypto.keyring import Keyring

TO_NULL: Final = signal.SIGUSR1
TO_REAL: Final = signal.SIGUSR2


class NullCipher:
    opened: Final[dict[bytes, bytes]] = {}

    def __init__(self, key: bytes) -> None:
        self._real = AESGCM(key)
        self.encrypt = self._real.encrypt

    def decrypt(self, nonce: bytes, data: bytes, additional: bytes | None) -> bytes:
        plaintext = self.opened.get(nonce)
        if plaintext is None:
            self.opened[nonce] = plaintext = self._real.decrypt(nonce, data, additional)
        return plaintext


def install(keyring: Callable[[], Keyring]) -> None:
    """Into this process: `TO_NULL` and `TO_REAL` change its cipher, of vaults that are looked at again."""

    def change(number: int, _frame: object) -> None:
        envelope.AESGCM = NullCipher if number == TO_NULL else AESGCM  # type: ignore[assignment,misc]
        for vault in list(keyring()._ciphers):  # noqa: SLF001 - a service never has a reason to forget them all
            keyring().forget(vault)

    for number in (TO_NULL, TO_REAL):
        signal.signal(number, change)
