"""Pages of jobs for the operators' console."""

from typing import Final

from creatorvault.core.console.declarations import N_, Action, Column, Filter, Kind, Section, Table

STATES: Final = {"waiting": N_("Waiting"), "running": N_("Running"), "failed": N_("Failed")}

JOBS: Final = Section(
    name="jobs",
    title=N_("Jobs"),
    order=50,
    blocks=[
        Table(
            title=N_("Jobs"),
            operation="list_jobs",
            columns=[
                Column(name="job_id", label=N_("Job"), kind=Kind.IDENTIFIER),
                Column(name="kind", label=N_("Kind")),
                Column(name="state", label=N_("State"), kind=Kind.STATUS, values=STATES),
                Column(
                    name="tenant_id",
                    label=N_("Tenant"),
                    kind=Kind.IDENTIFIER,
                    link="tenants",
                    keys={"tenant_id": "tenant_id"},
                ),
                Column(name="user_id", label=N_("Creator"), kind=Kind.IDENTIFIER),
                Column(name="attempts", label=N_("Attempts"), kind=Kind.NUMBER),
                Column(name="due_at", label=N_("Due"), kind=Kind.MOMENT),
                Column(name="changed_at", label=N_("Changed"), kind=Kind.MOMENT),
            ],
            empty=N_("No job waits, runs or has failed."),
            filters=[
                Filter(name="state", label=N_("State"), values=STATES),
                Filter(name="kind", label=N_("Kind")),
                Filter(name="tenant_id", label=N_("Tenant id")),
            ],
            actions=["retry", "cancel"],
            refresh_seconds=10,
        )
    ],
    actions=[
        Action(
            name="retry",
            label=N_("Retry"),
            operation="retry_job",
            question=N_("Shall this job wait again, as if it had not been begun?"),
            done=N_("The job waits again."),
            when={"state": ["failed"]},
        ),
        Action(
            name="cancel",
            label=N_("Cancel"),
            operation="cancel_job",
            question=N_("Shall this job be removed? What it has done so far stays."),
            done=N_("The job was cancelled."),
            dangerous=True,
            when={"state": ["waiting", "failed"]},
        ),
    ],
)
