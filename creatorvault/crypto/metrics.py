"""What the keyring says of itself."""

from collections.abc import Iterator

from prometheus_client.core import Metric

from creatorvault.core.parts import Parts
from creatorvault.core.telemetry.metrics import gauge
from creatorvault.crypto.parts import CryptoParts


def keyring_metrics(parts: Parts) -> Iterator[Metric]:
    yield gauge("keyring_vaults", "Vaults whose keys are held.", parts[CryptoParts].keyring.vaults_held)
