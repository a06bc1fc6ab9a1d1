"""Refusals of the API in the words of the console. Others are shown as the API words them."""

from typing import Final

from creatorvault.console.calling import OperationRefused
from creatorvault.console.languages import Language
from creatorvault.core.console.declarations import N_

# Not the table of error_pages: whoever sent a form may have changed something, whoever asked for a page has not.
REFUSALS: Final = {
    "validation_failed": N_("Some fields are not filled in correctly."),
    "erasure_not_found": N_("There is no erasure of this vault."),
    "no_erasure_waits": N_("There is no erasure that waits."),
    "tenant_not_found": N_("There is no such tenant."),
    "job_not_found": N_("This job has ended or was cancelled."),
    "job_conflict": N_("The job is in another state by now. Look at it again."),
    "tenant_conflict": N_("The state of the tenant does not allow this. Look at the tenant again."),
    "vault_conflict": N_("The state of the vault does not allow this. Look at the vault again."),
    "too_early": N_("It is too early to confirm this erasure."),
    "wrong_confirmation": N_("This is not the confirmation of the erasure that waits."),
    "root_key_unusable": N_("This root key cannot be used now. Nothing was changed."),
    "rate_limited": N_("Too many requests. Wait %(seconds)s seconds before you try again."),
    "unavailable": N_("The service is not available just now. Look whether something was changed, then try again."),
    "internal_error": N_("The service has failed. Look whether something was changed before you try again."),
}
"""By the code of the refusal."""


def reason(refusal: OperationRefused, language: Language) -> str:
    message = REFUSALS.get(refusal.code)
    if message is None:
        return refusal.detail
    return language.translated(message) % {"seconds": refusal.headers().get("Retry-After", "")}
