"""What pages say of errors. The text of an error is the API's own, in English; title and hint are translated."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final, NamedTuple

from creatorvault.console.errors import ForeignRequest, FormRefused
from creatorvault.core.console.declarations import N_
from creatorvault.core.errors import CreatorVaultError


class Said(NamedTuple):
    """`hint` says what can be done."""

    title: str
    hint: str


# Not the table of wording: a page in place of another says what to do next, for every status, whatever the code is.
FAILED: Final = Said(N_("Something went wrong"), N_("It is written in the log, with the number of this request."))
BY_STATUS: Final[Mapping[HTTPStatus, Said]] = {
    HTTPStatus.BAD_REQUEST: Said(N_("The request was not understood"), N_("Go back, and load the page again.")),
    HTTPStatus.FORBIDDEN: Said(N_("You may not do this"), N_("Another operator may have the scope that it needs.")),
    HTTPStatus.NOT_FOUND: Said(N_("There is nothing here"), N_("It may have been deleted, or never have existed.")),
    HTTPStatus.METHOD_NOT_ALLOWED: Said(N_("The request was not understood"), N_("Go back, and load the page again.")),
    HTTPStatus.REQUEST_TIMEOUT: Said(N_("The request took too long"), N_("Try again.")),
    HTTPStatus.CONFLICT: Said(
        N_("This is not possible now"), N_("Somebody may have changed it meanwhile. Load the page again.")
    ),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: Said(N_("The request is too large"), N_("Send less at once.")),
    HTTPStatus.UNPROCESSABLE_ENTITY: Said(
        N_("The page's address is not valid"), N_("Start again from the first page of the list.")
    ),
    HTTPStatus.TOO_MANY_REQUESTS: Said(N_("Too many requests"), N_("Wait a minute, then load the page again.")),
    HTTPStatus.SERVICE_UNAVAILABLE: Said(
        N_("The service cannot answer now"), N_("Nothing is lost. Load the page again in some seconds.")
    ),
}
FORGED: Final = Said(N_("This form is not valid any more"), N_("Go back, load the page again, and retry."))
BY_KIND: Final[Mapping[type[CreatorVaultError], Said]] = {FormRefused: FORGED, ForeignRequest: FORGED}


def said_of(error: CreatorVaultError) -> Said:
    return BY_KIND.get(type(error)) or BY_STATUS.get(error.status, FAILED)
