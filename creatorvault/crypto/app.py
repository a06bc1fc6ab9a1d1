"""Registration of the crypto app."""

from typing import Final

from creatorvault.core.database.tenant_data import Erased
from creatorvault.crypto.checks import root_keys_check
from creatorvault.crypto.commands import pseudonym
from creatorvault.crypto.metrics import keyring_metrics
from creatorvault.crypto.models import VaultKey
from creatorvault.crypto.parts import crypto_parts, pseudonyms
from creatorvault.management.apps import App

APP: Final = App(
    name="crypto",
    checks=[root_keys_check],
    commands=[pseudonym],
    parts=[crypto_parts, pseudonyms],
    erases=[Erased(model=VaultKey, counted_as="keys")],
    metrics=[keyring_metrics],
)
