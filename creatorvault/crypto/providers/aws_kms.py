"""Root keys in AWS KMS, which never leave it. Needs the extra `aws`."""

import asyncio
import base64
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final, Protocol, cast

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, HTTPClientError, ReadTimeoutError

from creatorvault.core.errors import CreatorVaultError
from creatorvault.crypto.errors import LostKey, Reason, RootKeyUnavailable, WrongKey
from creatorvault.crypto.providers.protocol import KeyState, ProviderHealth, RootKey
from creatorvault.crypto.providers.remote import AWS_KMS_WRAP, bound_digest, checked, ciphertext_of, packed
from creatorvault.settings.sections import AWS_KMS, EncryptionSettings

THREADS: Final = 8
CONTEXT: Final = "creatorvault"
"""The name of what a wrap is bound to, in the encryption context and in CloudTrail."""

NO_KEY: Final = "alias/creatorvault-health"
"""Whether it exists or not: an answer shows that KMS can be reached with these credentials."""

REASONS: Final[Mapping[str, Reason]] = {
    "DisabledException": Reason.DISABLED,
    "ThrottlingException": Reason.THROTTLED,
    "Throttling": Reason.THROTTLED,
    "TooManyRequestsException": Reason.THROTTLED,
    "LimitExceededException": Reason.THROTTLED,
    "RequestLimitExceeded": Reason.THROTTLED,
    "AccessDeniedException": Reason.REFUSED,
    "UnrecognizedClientException": Reason.REFUSED,
    "InvalidClientTokenId": Reason.REFUSED,
    "InvalidSignatureException": Reason.REFUSED,
    "ExpiredTokenException": Reason.REFUSED,
    "MissingAuthenticationToken": Reason.REFUSED,
    "InvalidKeyUsageException": Reason.REFUSED,
    "KeyUnavailableException": Reason.FAILED,
    "DependencyTimeoutException": Reason.TIMEOUT,
}
WRONG_KEY: Final = frozenset({"InvalidCiphertextException", "IncorrectKeyException"})
STATES: Final[Mapping[str, KeyState]] = {
    "Enabled": KeyState.ENABLED,
    "Disabled": KeyState.DISABLED,
    "PendingDeletion": KeyState.PENDING_DELETION,
    "PendingReplicaDeletion": KeyState.PENDING_DELETION,
}

type Answer = Mapping[str, Any]


class Client(Protocol):
    """The operations of boto3's KMS client that are used here."""

    def encrypt(self, *, KeyId: str, Plaintext: bytes, EncryptionContext: Mapping[str, str]) -> Answer: ...  # noqa: N803

    def decrypt(self, *, KeyId: str, CiphertextBlob: bytes, EncryptionContext: Mapping[str, str]) -> Answer: ...  # noqa: N803

    def describe_key(self, *, KeyId: str) -> Answer: ...  # noqa: N803

    def close(self) -> None: ...


class _Denied(RootKeyUnavailable):
    """The credentials are valid, and do not permit this operation with this key."""


class AwsKms:
    """The root key `aws-kms/<key>` is the symmetric key with that id or ARN; an alias could be pointed to another key.

    A wrapped key: format | algorithm | check (16) | ciphertext of KMS.
    """

    def __init__(self, settings: EncryptionSettings, wraps_with: str) -> None:
        """Does not connect. Credentials are found as boto3 does: in the environment, files, or the machine's role."""
        seconds = settings.provider_seconds
        config = Config(
            connect_timeout=seconds,
            read_timeout=seconds,
            retries={"total_max_attempts": 2, "mode": "standard"},
            max_pool_connections=THREADS,
        )
        self._client = cast(
            "Client",
            boto3.Session().client(
                "kms", region_name=settings.kms_region, endpoint_url=settings.kms_endpoint_url, config=config
            ),
        )
        self._seconds = seconds
        self._wraps_with = wraps_with
        # Not the threads of the event loop, which resolve names: all of them could wait for KMS.
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix=AWS_KMS)

    async def wrap(self, key: bytes, additional: bytes, root_key_id: str | None = None) -> tuple[str, bytes]:
        chosen = self._wraps_with if root_key_id is None else root_key_id
        digest = bound_digest(additional, chosen)
        encrypt = partial(self._client.encrypt, KeyId=_key(chosen), Plaintext=key, EncryptionContext=_bound(digest))
        ciphertext: bytes = await self._called(encrypt, "CiphertextBlob", chosen)
        return chosen, packed(AWS_KMS_WRAP, key, digest, ciphertext)

    async def unwrap(self, root_key_id: str, wrapped: bytes, additional: bytes) -> bytes:
        digest = bound_digest(additional, root_key_id)
        decrypt = partial(
            self._client.decrypt,
            KeyId=_key(root_key_id),
            CiphertextBlob=ciphertext_of(AWS_KMS_WRAP, wrapped, root_key_id),
            EncryptionContext=_bound(digest),
        )
        key: bytes = await self._called(decrypt, "Plaintext", root_key_id)
        return checked(wrapped, key, digest, root_key_id)

    def expires(self, root_key_id: str) -> bool:
        return True

    async def describe(self, root_key_ids: Collection[str] = ()) -> Sequence[RootKey]:
        return [await self._described(root_key_id) for root_key_id in sorted(root_key_ids)]

    async def health(self) -> Sequence[ProviderHealth]:
        try:
            await self._metadata(NO_KEY)
        except (LostKey, _Denied):
            pass
        except RootKeyUnavailable as error:
            return [ProviderHealth(AWS_KMS, error.reason)]
        return [ProviderHealth(AWS_KMS)]

    async def aclose(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._client.close()

    async def _described(self, root_key_id: str) -> RootKey:
        try:
            found = await self._metadata(root_key_id)
        except LostKey:
            return RootKey(root_key_id, AWS_KMS, KeyState.MISSING)
        except RootKeyUnavailable as error:
            return RootKey(root_key_id, AWS_KMS, KeyState.UNKNOWN, reason=error.reason)
        state = STATES.get(found.get("KeyState", ""), KeyState.UNKNOWN)
        return RootKey(root_key_id, AWS_KMS, state, created_at=found.get("CreationDate"))

    async def _metadata(self, root_key_id: str) -> Answer:
        describe = partial(self._client.describe_key, KeyId=_key(root_key_id))
        found: Answer = await self._called(describe, "KeyMetadata", root_key_id)
        return found

    async def _called(self, call: Callable[[], Answer], member: str, root_key_id: str) -> Any:
        """Returns one member of the answer. Raises LostKey, WrongKey, RootKeyUnavailable.

        A thread whose call has timed out ends by its own timeouts.
        """
        try:
            async with asyncio.timeout(self._seconds):
                answer = await asyncio.get_running_loop().run_in_executor(self._threads, call)
        except (TimeoutError, ConnectTimeoutError, ReadTimeoutError):
            raise RootKeyUnavailable(root_key_id, Reason.TIMEOUT) from None
        except ClientError as error:
            raise _refusal(error, root_key_id) from None
        except HTTPClientError:
            raise RootKeyUnavailable(root_key_id, Reason.UNREACHABLE) from None
        except BotoCoreError:  # such as missing credentials
            raise RootKeyUnavailable(root_key_id, Reason.REFUSED) from None
        if member not in answer:  # botocore takes nonsense for an empty answer
            raise RootKeyUnavailable(root_key_id, Reason.FAILED)
        return answer[member]


def _refusal(error: ClientError, root_key_id: str) -> CreatorVaultError:
    code = error.response["Error"]["Code"]
    if code in WRONG_KEY:
        return WrongKey(root_key_id=root_key_id)
    if code == "NotFoundException":
        return LostKey(root_key_id=root_key_id)
    if code == "KMSInvalidStateException":
        going = "pending deletion" in error.response["Error"].get("Message", "")
        return RootKeyUnavailable(root_key_id, Reason.PENDING_DELETION if going else Reason.FAILED)
    kind = _Denied if code == "AccessDeniedException" else RootKeyUnavailable
    return kind(root_key_id, REASONS.get(code, Reason.FAILED))


def _key(root_key_id: str) -> str:
    return root_key_id.removeprefix(f"{AWS_KMS}/")


def _bound(digest: bytes) -> Mapping[str, str]:
    return {CONTEXT: base64.b64encode(digest).decode()}
