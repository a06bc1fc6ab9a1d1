"""Encryption's own share of a list request: the same process with its cipher and without, in turn."""

from functools import partial
from signal import Signals
from statistics import median
from typing import Final

import msgspec
import uvloop

from benchmarks import content
from benchmarks.cluster import Cluster
from benchmarks.load import Sample, drive
from benchmarks.measuring import costing, in_pairs
from benchmarks.null_cipher import TO_NULL, TO_REAL
from benchmarks.processes import Server
from benchmarks.works import lists

LIST: Final = lists(content.SMALL)
CONNECTIONS: Final = 16
ANSWERS: Final = 600
"""Of one turn: many small ones, so that a machine that becomes slower does so in the middle of a pair seldom."""

WARMING_ANSWERS: Final = 200
"""Each vault's key is loaded anew after a change of ciphers."""


class Share(msgspec.Struct):
    """Microseconds of processor time for a request, medians; `spared` are those of the pairs of turns."""

    service: float
    database: float
    spared: list[float]

    @property
    def of_service(self) -> float:
        return median(self.spared) / self.service

    @property
    def of_all(self) -> float:
        return median(self.spared) / (self.service + self.database)

    def __str__(self) -> str:
        return (
            f"encryption takes {median(self.spared):.0f} us of a list request's {self.service:.0f} us in the service "
            f"and {self.database:.0f} us in the database: {self.of_service:.1%}, and {self.of_all:.1%} of all"
        )


def share(server: Server, cluster: Cluster, pairs: int = 24) -> Share:
    """`server` has both ciphers (`null_cipher.install`)."""
    service, database, spared = [], [], []
    with server:
        for cipher in (TO_REAL, TO_NULL):  # which then knows all that is going to be asked for
            _time_slice(server, cluster, cipher)
        for real, null in in_pairs(TO_REAL, TO_NULL, partial(_time_slice, server, cluster), pairs):
            service.append(real[0])
            database.append(real[1])
            spared.append(real[0] - null[0])
    return Share(median(service), median(database), spared)


def _time_slice(server: Server, cluster: Cluster, cipher: Signals) -> tuple[float, float]:
    server.tell_workers(cipher)
    _lists(server, WARMING_ANSWERS)
    _, service, database = costing(server, cluster, lambda: _lists(server, ANSWERS))
    return 1e6 * service, 1e6 * database


def _lists(server: Server, answers: int) -> Sample:
    return uvloop.run(drive(server.port, LIST, CONNECTIONS, 0, answers))
