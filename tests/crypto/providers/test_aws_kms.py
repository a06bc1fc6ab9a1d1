"""What is special about AWS KMS: its states, its errors, and a health that needs no permission."""

from collections.abc import AsyncGenerator
from typing import Final

import pytest

from creatorvault.crypto.errors import Reason, RootKeyUnavailable
from creatorvault.crypto.providers.aws_kms import AwsKms
from creatorvault.crypto.providers.protocol import KeyState
from creatorvault.settings.sections import EncryptionSettings
from tests import kms
from tests.front import Front

KEY: Final = bytes(range(32))


@pytest.fixture
async def aws(in_front_of_kms: Front) -> AsyncGenerator[AwsKms]:
    settings = EncryptionSettings(kms_region=kms.REGION, kms_endpoint_url=in_front_of_kms.url)
    aws = AwsKms(settings, f"aws-kms/{kms.new_key()}")
    yield aws
    await aws.aclose()


@pytest.mark.parametrize(
    ("code", "reason"),
    [("AccessDeniedException", None), ("NotFoundException", None), ("ExpiredTokenException", Reason.REFUSED)],
)
async def test_health_needs_valid_credentials_and_no_permission(
    aws: AwsKms, in_front_of_kms: Front, code: str, reason: Reason | None
) -> None:
    in_front_of_kms.answer = lambda asked: kms.refusal(code)

    [health] = await aws.health()

    assert health.reason is reason


@pytest.mark.parametrize(
    ("code", "text", "reason"),
    [
        ("KMSInvalidStateException", "arn:… is pending deletion.", Reason.PENDING_DELETION),
        ("KMSInvalidStateException", "arn:… is pending import.", Reason.FAILED),
        ("DisabledException", "", Reason.DISABLED),
        ("LimitExceededException", "", Reason.THROTTLED),
        ("DependencyTimeoutException", "", Reason.TIMEOUT),
        ("KMSInternalException", "", Reason.FAILED),
        ("SomethingNew", "", Reason.FAILED),
    ],
)
async def test_every_error_has_a_reason(
    aws: AwsKms, in_front_of_kms: Front, code: str, text: str, reason: Reason
) -> None:
    wrapped = await aws.wrap(KEY, b"here")
    in_front_of_kms.answer = lambda asked: kms.refusal(code, text)

    with pytest.raises(RootKeyUnavailable) as caught:
        await aws.unwrap(*wrapped, b"here")
    assert caught.value.reason is reason


async def test_a_key_may_be_named_by_its_arn(aws: AwsKms) -> None:
    key_id = kms.new_key()
    root_key_id = f"aws-kms/{kms.backend().keys[key_id].arn}"

    wrapped = await aws.wrap(KEY, b"here", root_key_id)

    assert wrapped[0] == root_key_id
    assert await aws.unwrap(*wrapped, b"here") == KEY


async def test_a_state_of_another_kind_is_unknown(aws: AwsKms) -> None:
    key_id = kms.new_key()
    kms.backend().keys[key_id].key_state = "PendingImport"

    [key] = await aws.describe([f"aws-kms/{key_id}"])

    assert (key.state, key.reason) == (KeyState.UNKNOWN, None)
