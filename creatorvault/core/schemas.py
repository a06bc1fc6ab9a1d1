"""What every app's request models share."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class RequestModel(BaseModel):
    """Input of an operation, from its path, query or body. Unknown keys are ignored, as the published service does.

    `private` names the fields whose values an error must not repeat, `repeatable` the query parameters that may be
    given more than once.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    private: ClassVar[frozenset[str]] = frozenset()
    repeatable: ClassVar[frozenset[str]] = frozenset()
