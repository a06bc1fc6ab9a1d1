"""One of the Granian services, as a process: python -m benchmarks.serving ours|null|floor PORT"""

import sys
from typing import Final

from benchmarks import null_cipher
from creatorvault.asgi import create_app
from creatorvault.core.commands.serving import serve
from creatorvault.settings import ServerSettings

FACTORIES: Final = {
    "ours": "creatorvault.asgi:create_app",
    "null": "benchmarks.serving:create_null_app",
    "floor": "benchmarks.floor.app:create_app",
}


def create_null_app() -> object:
    null_cipher.install()
    return create_app()


if __name__ == "__main__":
    sys.exit(serve(FACTORIES[sys.argv[1]], ServerSettings(port=int(sys.argv[2]))))
