"""What every app's request models share."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar

import msgspec
from pydantic import BaseModel, ConfigDict

Moment = Annotated[datetime, msgspec.Meta(tz=True)]

type Prose = Mapping[str, tuple[str, Any]]
"""What the OpenAPI document says of fields: by name, a description and an example."""


class RequestModel(BaseModel):
    """Input of an operation, from its path, query or body. Unknown keys are ignored, as the published service does.

    `private` names the fields whose values an error must not repeat, `repeatable` the query parameters that may be
    given more than once.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    private: ClassVar[frozenset[str]] = frozenset()
    repeatable: ClassVar[frozenset[str]] = frozenset()
    described: ClassVar[Prose] = {}
