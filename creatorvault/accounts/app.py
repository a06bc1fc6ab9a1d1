"""Registration of the accounts app."""

from typing import Final

from creatorvault.accounts.checks import issuers_check
from creatorvault.accounts.commands import token
from creatorvault.accounts.controllers import UserController
from creatorvault.accounts.metrics import limits_metrics, token_metrics
from creatorvault.accounts.parts import accounts_parts
from creatorvault.management.apps import App

APP: Final = App(
    name="accounts",
    controllers=[UserController],
    checks=[issuers_check],
    commands=[token],
    parts=[accounts_parts],
    metrics=[limits_metrics, token_metrics],
)
