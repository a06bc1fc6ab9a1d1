"""A service that can be killed and started again at the same address."""

import signal
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from tests.factories import claims_of, token_of
from tests.ports import free_port
from tests.running import Run, running


class Restartable:
    def __init__(self, home: Path, environ: Mapping[str, str]) -> None:
        self._home = home
        self._environ = {**environ, "PORT": str(free_port()), "LOG_LEVEL": "WARNING"}
        self._context = ExitStack()
        self._run: Run | None = None

    @property
    def address(self) -> str:
        assert self._run is not None
        return self._run.address

    def __enter__(self) -> Self:
        self._run = self._context.enter_context(running(self._home, **self._environ))
        self._run.until("is ready")
        return self

    def __exit__(self, *_: object) -> None:
        self._context.close()

    def kill_and_restart(self) -> None:
        assert self._run is not None
        self._run.stop(signal.SIGKILL, group=True)
        self._context.close()
        self.__enter__()

    def token(self, user_id: str, **claims: object) -> str:
        return token_of({**claims_of(user_id), **claims})
