"""Devices in processes of their own, which can be killed and started again with their files."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.clients.installing import Project


@dataclass
class DeviceProcess:
    """`wrong` is by how many seconds its clock is off."""

    project: Project
    driver: str
    arguments: Sequence[str]
    file: Path
    wrong: int
    _process: subprocess.Popen[str] | None = field(default=None, init=False)

    def start(self) -> None:
        self._process = subprocess.Popen(
            [*self.project.command, self.driver, *self.arguments, str(self.file), str(self.wrong)],
            cwd=self.project.folder,
            env=self.project.environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def ask(self, what: str, **command: object) -> Any:
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": what, **command}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"{self.driver} has ended with {self._process.wait()}"
        return json.loads(line)

    def create(self, idea_id: str, idea: Mapping[str, object]) -> None:
        self.ask("create", id=idea_id, idea=idea)

    def change(self, idea_id: str, changes: Mapping[str, object]) -> bool:
        changed: bool = self.ask("change", id=idea_id, changes=changes)
        return changed

    def remove(self, idea_id: str) -> bool:
        removed: bool = self.ask("remove", id=idea_id)
        return removed

    def begin(self) -> None:
        """Starts to sync; other commands are executed meanwhile."""
        self.ask("begin")

    def finish(self) -> str:
        """Returns why syncing has failed, or what the service has refused; else an empty text."""
        problem: str = self.ask("finish")
        return problem

    def sync(self) -> str:
        self.begin()
        return self.finish()

    @property
    def ideas(self) -> str:
        """The ideas as JSON, ordered by id."""
        ideas: str = self.ask("ideas")
        return ideas
