"""One of our services, as a process: python -m benchmarks.serving ours|both-ciphers|floor PORT [WORKERS]

`twin` is ours with the substitute that the variable SUBSTITUTE names (`benchmarks/substitutes.py`).
"""

import os
import sys
from typing import Final

from benchmarks import null_cipher, substitutes
from benchmarks.profile import profiled
from creatorvault.asgi import create_app
from creatorvault.core.parts import part_of
from creatorvault.crypto.parts import CryptoParts
from creatorvault.management.commands.serving import serve
from creatorvault.settings.sections import ServerSettings

FACTORIES: Final = {
    "ours": "creatorvault.asgi:create_app",
    "both-ciphers": "benchmarks.serving:create_app_of_both_ciphers",
    "profiled": "benchmarks.serving:create_profiled_app",
    "twin": "benchmarks.serving:create_app_with_substitute",
    "floor": "benchmarks.floor.app:create_app",
}


def create_app_of_both_ciphers() -> object:
    app = create_app()
    null_cipher.install(lambda: part_of(app, CryptoParts).keyring)
    return app


def create_profiled_app() -> object:
    return profiled(create_app())


def create_app_with_substitute() -> object:
    app = create_app()
    substitutes.install(os.environ["SUBSTITUTE"])
    return app


if __name__ == "__main__":
    which, port, *workers = sys.argv[1:]
    sys.exit(serve(FACTORIES[which], ServerSettings(port=int(port), workers=int(workers[0]) if workers else 1)))
