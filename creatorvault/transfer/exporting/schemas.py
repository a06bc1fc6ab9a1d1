"""Request schemas of exports."""

from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from creatorvault.core.http.repeatable import Repeatable
from creatorvault.core.http.schemas import RequestModel
from creatorvault.transfer.exporting import openapi
from creatorvault.transfer.exporting.age import recipient_key

MOST_RECIPIENTS: Final = 16
SHORTEST: Final = 12
LONGEST: Final = 1024
NOT_A_RECIPIENT: Final = "Input should be an X25519 recipient of age, as age1…"
ONE_OF_BOTH: Final = "Input should be null beside recipients: an age file has either a passphrase or recipients"


class ExportFormat(StrEnum):
    """JSON lines can be imported again without any loss; Markdown is a zip."""

    JSONL = "jsonl"
    CSV = "csv"
    MARKDOWN = "markdown"


def _is_recipient(text: str) -> str:
    try:
        recipient_key(text)
    except ValueError:
        raise PydanticCustomError("recipient_invalid", NOT_A_RECIPIENT) from None
    return text


Recipient = Annotated[str, Field(max_length=128), AfterValidator(_is_recipient)]


class ExportQuery(RequestModel):
    """How a vault is exported."""

    described = openapi.QUERY
    repeatable = frozenset({"recipient"})

    format: ExportFormat = ExportFormat.JSONL
    recipient: Repeatable[Recipient] = Field(default_factory=Repeatable, max_length=MOST_RECIPIENTS)

    def request(self) -> "ExportRequest":
        return ExportRequest(format=self.format, recipients=[*self.recipient])


class ExportRequest(RequestModel):
    """How a vault is exported. With recipients or a passphrase, the file is encrypted in the age format."""

    described = openapi.REQUEST
    private = frozenset({"passphrase"})

    format: ExportFormat = ExportFormat.JSONL
    recipients: list[Recipient] = Field(default_factory=list, max_length=MOST_RECIPIENTS)
    passphrase: str | None = Field(default=None, min_length=SHORTEST, max_length=LONGEST, repr=False)

    @property
    def is_encrypted(self) -> bool:
        return bool(self.recipients) or self.passphrase is not None

    @model_validator(mode="after")
    def _has_one_kind_of_key(self) -> Self:
        if self.passphrase is None or not self.recipients:
            return self
        error = PydanticCustomError("passphrase_beside_recipients", ONE_OF_BOTH)
        # An error of the whole model would name no field.
        wrong = InitErrorDetails(type=error, loc=("passphrase",), input=None)
        raise ValidationError.from_exception_data(type(self).__name__, [wrong])
