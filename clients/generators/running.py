"""Runs the scenarios of all clients at once, and compares what they see with what they must see."""

import json
import os
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from clients.generators.expectations import CALLS, PUBLISHED, Expected
from clients.generators.generating import Client, command_of

SECONDS: Final = 120.0


class Scenario:
    """A running scenario. It waits once, until the database has been stopped."""

    def __init__(self, client: Client, folder: Path, stage: str) -> None:
        self.client = client
        self.paused = threading.Event()
        self._seen: dict[str, tuple[int, Mapping[str, object]]] = {}
        self._process = subprocess.Popen(
            command_of(client, folder),
            cwd=folder,
            env={**os.environ, "STAGE": stage},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=(folder / "stderr").open("w"),
            text=True,
        )
        self._stderr = folder / "stderr"
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def go_on(self) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write("\n")
            self._process.stdin.close()
        except BrokenPipeError:
            return  # it has failed, which `failures` tells

    def end(self) -> None:
        try:
            self._process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._reader.join()

    @property
    def expected(self) -> Mapping[str, Expected]:
        return {name: call for name, call in CALLS.items() if not self.client.published or name in PUBLISHED}

    def failures(self) -> Sequence[str]:
        """Returns a line for each call that was not made or not answered as it must be."""
        lines = []
        for name, call in self.expected.items():
            status, facts = self._seen.get(name, (None, {}))
            wanted = {key: value for key, value in call.facts.items() if key in facts} if self.client.published else call.facts
            if (status, facts) != (call.status, wanted):
                lines.append(f"{name}: {status} {dict(facts)} instead of {call.status} {dict(wanted)}")
        lines += [f"{name}: not in expectations.py" for name in self._seen.keys() - self.expected.keys()]
        if self._process.returncode != 0:
            lines.append(self._stderr.read_text().strip())
        return lines

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            said: dict[str, Any] = json.loads(line)
            if "waits" in said:
                self.paused.set()
            else:
                self._seen[said["call"]] = (said["status"], said["facts"])
        self.paused.set()
