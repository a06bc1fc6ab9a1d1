"""Pages of the audit log for the operators' console."""

from typing import Final

from creatorvault.audit.admin_columns import ACTOR, EVENTS, VERB
from creatorvault.core.console.declarations import (
    N_,
    Action,
    Column,
    Facts,
    Filter,
    Input,
    ItemPage,
    Kind,
    Section,
    Table,
)

REFRESH_SECONDS: Final = 2
STATES: Final = {
    "waiting": N_("Waiting"),
    "running": N_("Running"),
    "finished": N_("Finished"),
    "failed": N_("Failed"),
    "unattended": N_("No job"),
}
TENANT: Final = N_("Tenant")
SINCE: Final = N_("From")
UNTIL: Final = N_("Until")
VERIFICATION: Final = (
    Column(name="state", label=N_("State"), kind=Kind.STATUS, values=STATES),
    Column(name="events_done", label=N_("Events read"), kind=Kind.NUMBER),
    Column(name="events_total", label=N_("Events"), kind=Kind.NUMBER),
    Column(name="chains", label=N_("Chains"), kind=Kind.NUMBER),
    Column(name="findings", label=N_("Findings"), kind=Kind.NUMBER),
    Column(name="requested_at", label=N_("Asked for"), kind=Kind.MOMENT),
    Column(name="finished_at", label=N_("Finished"), kind=Kind.MOMENT),
    Column(name="requested_by", label=N_("Asked by"), kind=Kind.IDENTIFIER),
)

AUDIT: Final = Section(
    name="audit",
    title=N_("Audit log"),
    order=70,
    blocks=[
        Table(
            title=N_("Events"),
            operation="search_audit",
            columns=[*EVENTS, Column(name="tenant_id", label=TENANT, kind=Kind.IDENTIFIER)],
            filters=[
                Filter(name="verb", label=VERB),
                Filter(name="tenant_id", label=TENANT),
                Filter(name="since", label=SINCE),
                Filter(name="until", label=UNTIL),
            ],
            search=Filter(name="actor", label=ACTOR),
            empty=N_("No event matches."),
        ),
        Table(
            title=N_("Verifications"),
            operation="list_verifications",
            columns=[
                Column(
                    name="verification_id",
                    label=N_("Number"),
                    kind=Kind.IDENTIFIER,
                    link="audit",
                    keys={"verification_id": "verification_id"},
                ),
                *VERIFICATION,
            ],
            empty=N_("The log has not been verified here."),
            refresh_seconds=REFRESH_SECONDS,
        ),
    ],
    actions=[
        Action(
            name="verify",
            label=N_("Verify the log"),
            operation="verify_audit",
            question=N_("Read all chains and look for events that were edited, removed, added or reordered?"),
            done=N_("The verification was asked for."),
        ),
        Action(
            name="export",
            label=N_("Export events"),
            operation="export_audit",
            question=N_("The file has an event on each line, the oldest first. The log says who exported it."),
            inputs=[
                Input(name="actor", label=ACTOR),
                Input(name="verb", label=VERB),
                Input(name="tenant_id", label=TENANT),
                Input(name="since", label=SINCE),
                Input(name="until", label=UNTIL),
            ],
            download=True,
        ),
    ],
    item=ItemPage(
        keys=["verification_id"],
        title="verification_id",
        operation="get_verification",
        blocks=[
            Facts(
                title=N_("Verification"),
                operation="get_verification",
                fields=VERIFICATION,
                refresh_seconds=REFRESH_SECONDS,
            ),
            Table(
                title=N_("Findings"),
                operation="get_verification",
                rows="problems",
                columns=[
                    Column(name="tenant_id", label=TENANT, kind=Kind.IDENTIFIER),
                    Column(name="sequence", label=N_("Position"), kind=Kind.NUMBER),
                    Column(name="problem", label=N_("Problem"), kind=Kind.PROSE),
                ],
                empty=N_("Nothing was found."),
            ),
        ],
    ),
)
