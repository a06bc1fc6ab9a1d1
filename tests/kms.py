"""AWS KMS for tests: moto, and in front of it what moto leaves out. It decrypts with keys that are disabled or pending
deletion, and does not compare the key that is asked for with the one that has encrypted.
"""

import base64
import json
from typing import Any, Final
from uuid import uuid4

from botocore.awsrequest import AWSPreparedRequest
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.kms.models import KmsBackend, kms_backends

from tests.front import Answered, Asked

REGION: Final = "eu-central-1"
CREDENTIALS: Final = {"AWS_ACCESS_KEY_ID": "tests", "AWS_SECRET_ACCESS_KEY": "tests"}
KEY_ID_BYTES: Final = 36
"""A ciphertext of moto begins with the id of its key."""

_stubber: Final = BotocoreStubber()


def backend() -> KmsBackend:
    return kms_backends[DEFAULT_ACCOUNT_ID][REGION]


def new_key() -> str:
    """Returns the id of a new symmetric key."""
    key = backend().create_key(None, "ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT", f"{uuid4()}", [], False)
    return str(key.id)


def answer(asked: Asked) -> Answered:
    action, body = asked.headers["X-Amz-Target"].rpartition(".")[2], json.loads(asked.body)
    return _refused(action, body) or _moto(asked)


def refusal(code: str, text: str = "") -> Answered:
    return Answered(400, json.dumps({"__type": code, "message": text}).encode())


def _refused(action: str, body: Any) -> Answered | None:
    keys, key_id = backend().keys, body["KeyId"].rpartition("/")[2]
    if action not in {"Encrypt", "Decrypt"} or key_id not in keys:
        return None
    if action == "Decrypt":
        named = base64.b64decode(body["CiphertextBlob"])[:KEY_ID_BYTES].decode("ascii", errors="replace")
        if named not in keys:
            return refusal("InvalidCiphertextException")
        if named != key_id:
            return refusal("IncorrectKeyException")
    state = keys[key_id].key_state
    if state == "Disabled":
        return refusal("DisabledException", f"{key_id} is disabled.")
    if state == "PendingDeletion":
        return refusal("KMSInvalidStateException", f"{key_id} is pending deletion.")
    return None


def _moto(asked: Asked) -> Answered:
    headers = {**asked.headers, "Host": f"kms.{REGION}.amazonaws.com"}
    url = f"https://{headers['Host']}/"
    request = AWSPreparedRequest(asked.method, url, headers, asked.body, stream_output=False)
    answered = _stubber.process_request(request)
    assert answered is not None
    status, _, body = answered
    return Answered(status, body.encode() if isinstance(body, str) else body)
