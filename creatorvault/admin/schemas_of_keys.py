"""Request and response schemas of the admin API's keys: ids and numbers, never a key."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Final, Self
from uuid import UUID

import msgspec
from pydantic import Field, StrictBool, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from creatorvault.admin import openapi_of_keys
from creatorvault.core.http.paging import TOTAL, ListQuery
from creatorvault.core.http.schemas import Moment, Prose, RequestModel
from creatorvault.ideas.fields import UuidText
from creatorvault.key_management.schemas import KeyProblem

RunNumber = Annotated[int, Field(ge=1, le=2**63 - 1)]

_problems: Final = msgspec.json.Decoder(list[KeyProblem])


class RunState(StrEnum):
    """State of what a job does. `unattended`: it is not finished, and has no job."""

    WAITING = "waiting"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    UNATTENDED = "unattended"


class RotationCreate(RequestModel):
    """A rotation of the keys of all vaults, of those of a tenant, or of what root keys wrap."""

    described = openapi_of_keys.ROTATION_CREATE

    tenant_id: UuidText | None = None
    root: StrictBool = False

    @model_validator(mode="after")
    def _root_is_of_all(self) -> Self:
        """Raises ValidationError, of the field `root`: an error of the whole model would name no field."""
        if self.root and self.tenant_id is not None:
            message = "Input should be false beside a tenant: root keys wrap the keys of all tenants"
            error = PydanticCustomError("root_of_tenant", message)
            wrong = InitErrorDetails(type=error, loc=("root",), input=True)
            raise ValidationError.from_exception_data(type(self).__name__, [wrong])
        return self


class RotationPath(RequestModel):
    described = openapi_of_keys.ONE_ROTATION

    rotation_id: RunNumber


class RotationQuery(ListQuery):
    """A page of rotations. The newest come first."""


class RotationResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A rotation, and how far it is."""

    described: ClassVar[Prose] = openapi_of_keys.ROTATION

    rotation_id: int
    root: bool
    tenant_id: UUID | None
    state: RunState
    job_id: int | None
    requested_by: str | None
    started_at: Moment
    changed_at: Moment | None
    finished_at: Moment | None
    vaults_done: int
    vaults_total: int
    rows_done: int
    rows_total: int
    findings: int
    problems: list[KeyProblem]

    @classmethod
    def of(cls, row: Sequence[Any]) -> Self:
        """The columns are the fields."""
        values = dict(zip(cls.__struct_fields__, row, strict=True))
        return cls(**{**values, "state": RunState(values["state"]), "problems": _problems.decode(values["problems"])})


class RotationList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of rotations."""

    described: ClassVar[Prose] = {
        "items": (
            "The rotations, newest first.",
            [{name: value for name, (_, value) in openapi_of_keys.ROTATION.items()}],
        ),
        **TOTAL,
    }

    items: list[RotationResponse]
    total: int
    limit: int
    offset: int
    has_more: bool
    next_cursor: str | msgspec.UnsetType | None = msgspec.UNSET
