"""Pages of the operators' console: operators."""

from collections.abc import Mapping
from typing import Final

from creatorvault.admin.models import OperatorState
from creatorvault.admin.scopes import Scope
from creatorvault.core.console.declarations import (
    N_,
    Action,
    Column,
    Filter,
    Input,
    Kind,
    Section,
    Table,
)

STATES: Final[Mapping[str, str]] = {
    OperatorState.VALID: N_("Valid"),
    OperatorState.EXPIRED: N_("Expired"),
    OperatorState.REVOKED: N_("Revoked"),
    OperatorState.OUTDATED: N_("Of an earlier version"),
}
SCOPES: Final[Mapping[str, str]] = {
    Scope.READ: N_("Read"),
    Scope.MANAGE: N_("Manage tenants"),
    Scope.KEYS: N_("Keys and erasures"),
    Scope.OPERATORS: N_("Operators"),
}

CREATE: Final = Action(
    name="create",
    label=N_("Create operator"),
    operation="create_operator",
    question=N_("An operator can only be given scopes that you have. The key is shown once."),
    inputs=[
        Input(name="name", label=N_("Name")),
        Input(name="scopes", label=N_("Scopes"), values=SCOPES),
        Input(name="expires_in_days", label=N_("Days until the key expires"), hint=N_("Empty: it does not expire.")),
    ],
    done=N_("The operator was created."),
    fresh=True,
    result=[
        Column(name="name", label=N_("Name")),
        Column(name="key", label=N_("Key"), kind=Kind.IDENTIFIER),
        Column(name="expires_at", label=N_("Expires"), kind=Kind.MOMENT),
    ],
)
REVOKE: Final = Action(
    name="revoke",
    label=N_("Revoke"),
    operation="revoke_operator",
    question=N_("The key is refused from now on. This cannot be undone. Who revokes their own key is signed out."),
    done=N_("The operator was revoked."),
    fresh=True,
    dangerous=True,
    when={"state": (OperatorState.VALID, OperatorState.EXPIRED, OperatorState.OUTDATED)},
)
OPERATORS: Final = Section(
    name="operators",
    title=N_("Operators"),
    order=60,
    blocks=[
        Table(
            title=N_("Operators"),
            operation="list_operators",
            columns=[
                Column(name="name", label=N_("Name")),
                Column(name="state", label=N_("State"), kind=Kind.STATUS, values=STATES),
                Column(name="scopes", label=N_("Scopes"), values=SCOPES),
                Column(name="key_id", label=N_("Key id"), kind=Kind.IDENTIFIER),
                Column(name="operator_id", label=N_("Id"), kind=Kind.IDENTIFIER),
                Column(name="appointed_by", label=N_("Appointed by"), kind=Kind.IDENTIFIER),
                Column(name="created_at", label=N_("Created"), kind=Kind.MOMENT),
                Column(name="expires_at", label=N_("Expires"), kind=Kind.MOMENT),
            ],
            empty=N_("There are no operators."),
            search=Filter(name="q", label=N_("Name begins with")),
            filters=[Filter(name="state", label=N_("State"), values=STATES)],
            actions=["revoke"],
        )
    ],
    actions=[CREATE, REVOKE],
)
