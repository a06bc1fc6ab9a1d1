"""Whether a second thread speeds up opening envelopes: .venv/bin/python benchmarks/micro_threads.py

Two threads do twice the work of one in the time that one takes for it, if the cipher releases the interpreter's lock;
the ratio printed is 2 then, and 1 or less if it does not.
"""

import os
import threading
import time
from collections.abc import Callable
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SIZES: Final = (32, 544, 4096, 65_536, 1_048_576)
ROUNDS: Final = 7
ROUND_BYTES: Final = 8 * 2**20
LEAST_OPENS: Final = 20
CONTEXT: Final = bytes(150)


def seconds(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def ratio(size: int) -> float:
    """Time of one thread over that of two for the same opens; the best of interleaved rounds."""
    cipher, nonce = AESGCM(os.urandom(32)), os.urandom(12)
    sealed = cipher.encrypt(nonce, os.urandom(size), CONTEXT)
    opens = max(LEAST_OPENS, min(ROUND_BYTES // size, 20_000))

    def open_all() -> None:
        for _ in range(opens):
            cipher.decrypt(nonce, sealed, CONTEXT)

    def one() -> None:
        open_all()
        open_all()

    def two() -> None:
        threads = [threading.Thread(target=open_all) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    measured = [(seconds(one), seconds(two)) for _ in range(ROUNDS)]
    return min(alone for alone, _ in measured) / min(together for _, together in measured)


if __name__ == "__main__":
    print("bytes   one thread / two threads")
    for size in SIZES:
        print(f"{size:>9,}   {ratio(size):.2f}")
