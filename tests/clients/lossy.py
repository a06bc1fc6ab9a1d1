"""A network between a device and the service that loses requests, loses answers, and delivers requests twice."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import httpx

from tests.front import Answered, Asked, Front, Gone, front_of

FAULTS: Final = ("request lost", "answer lost", "delivered twice", "cut")
HOP_BY_HOP: Final = frozenset({"host", "connection", "content-length", "accept-encoding"})
PASSED_BACK: Final = frozenset({"content-type", "etag", "retry-after"})


class Network:
    def __init__(self, address: str, seed: int, share: float) -> None:
        self._address = address
        self._random = random.Random(seed)
        self.share = share
        """How many of the requests are met by a fault."""
        self._client = httpx.Client(trust_env=False, timeout=60)
        self.faults = dict.fromkeys(FAULTS, 0)

    def close(self) -> None:
        self._client.close()

    def answer(self, asked: Asked) -> Answered:
        fault = self._random.choice(FAULTS) if self._random.random() < self.share else ""
        if fault:
            self.faults[fault] += 1
        if fault == "request lost":
            raise Gone
        answered = self._passed_on(asked)
        if fault == "delivered twice":
            answered = self._passed_on(asked)
        if fault == "answer lost":
            raise Gone
        if fault == "cut":
            length = {"Content-Length": str(len(answered.body))}
            return Answered(answered.status, answered.body[: len(answered.body) // 2], {**answered.headers, **length})
        return answered

    def _passed_on(self, asked: Asked) -> Answered:
        headers = {name: value for name, value in asked.headers.items() if name.lower() not in HOP_BY_HOP}
        try:
            answer = self._client.request(asked.method, self._address + asked.path, headers=headers, content=asked.body)
        except httpx.TransportError as error:
            raise Gone from error
        kept = {name: value for name, value in answer.headers.items() if name in PASSED_BACK}
        return Answered(answer.status_code, answer.content, kept)


@contextmanager
def lossy_network_to(address: str, seed: int, share: float) -> Iterator[tuple[Network, Front]]:
    network = Network(address, seed, share)
    try:
        with front_of(network.answer) as front:
            yield network, front
    finally:
        network.close()
