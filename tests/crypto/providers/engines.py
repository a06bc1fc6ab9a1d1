"""What the contract of providers is tested with: each provider, and how its keys and its server are made to fail."""

import base64
import json
from collections.abc import Mapping
from typing import Final, Protocol, override
from uuid import uuid4

import httpx
from msgspec.structs import replace

from creatorvault.crypto.errors import Reason
from creatorvault.crypto.providers.aws_kms import AwsKms
from creatorvault.crypto.providers.keyring import RootKeyring
from creatorvault.crypto.providers.protocol import KeyState, RootKeyProvider
from creatorvault.crypto.providers.transit import Transit
from creatorvault.settings.secret import Secret
from creatorvault.settings.sections import EncryptionSettings
from tests import kms
from tests.bao import Bao
from tests.front import Answered, Asked, Front, Gone

SECONDS: Final = 5.0
SHORT_SECONDS: Final = 0.05
OTHER_KEY: Final = bytes(range(32))


class Engine(Protocol):
    """One provider with a root key of its own. `expected` is what a failure means for it; None if it cannot happen."""

    provider: RootKeyProvider
    root_key_id: str
    expected: Mapping[str, Reason | None]
    after_disabling: KeyState

    def rotate(self) -> str:
        """Returns the id of the root key that wraps from now on."""

    def disable(self) -> None: ...

    def schedule_deletion(self) -> None: ...

    def delete(self) -> None: ...

    def break_(self, failure: str) -> None: ...

    def answer_with_another_key(self) -> None: ...

    def impatient(self) -> RootKeyProvider:
        """The same provider with a timeout that is over before the server answers, which is made slow."""


class KeyringEngine:
    """It has no server, and an entry is either there or not."""

    after_disabling: KeyState = KeyState.ENABLED

    def __init__(self) -> None:
        self.root_key_id = f"root-{uuid4().hex[:8]}"
        self._entries = [RootKeyring.generate_entry(self.root_key_id)]
        self.expected: Mapping[str, Reason | None] = dict.fromkeys(FAILURES)
        self._parse()

    def _parse(self) -> None:
        self.provider: RootKeyProvider = RootKeyring.parse(",".join(self._entries))

    def rotate(self) -> str:
        newer = f"newer-{len(self._entries)}"
        self._entries.insert(0, RootKeyring.generate_entry(newer))
        self._parse()
        return newer

    def disable(self) -> None:
        """An entry cannot be disabled."""

    def schedule_deletion(self) -> None:
        """An entry is deleted at once."""

    def delete(self) -> None:
        self._entries = [RootKeyring.generate_entry("another")]
        self._parse()

    def break_(self, failure: str) -> None:
        """Nothing is outside of the process."""

    def answer_with_another_key(self) -> None:
        self._entries = [RootKeyring.generate_entry(self.root_key_id)]
        self._parse()

    def impatient(self) -> RootKeyProvider:
        return self.provider


class _Remote:
    def __init__(self, front: Front) -> None:
        self.front = front
        self.sound = front.answer

    def break_(self, failure: str) -> None:
        self.front.answer = {
            "away": self._gone,
            "throttled": self._throttled,
            "redirected": lambda asked: Answered(307, b"", {"Location": "http://127.0.0.1:1/"}),
            "failing": lambda asked: Answered(500, b"{}"),
            "nonsense": lambda asked: Answered(200, b"<html>"),
            "refusing": self._refusing,
            "sealed": self._sealed,
        }[failure]

    def _gone(self, asked: Asked) -> Answered:
        raise Gone

    def _throttled(self, asked: Asked) -> Answered:
        return Answered(429, b"", {"Retry-After": "7"})

    def _refusing(self, asked: Asked) -> Answered:
        raise NotImplementedError

    def _sealed(self, asked: Asked) -> Answered:
        raise NotImplementedError


class TransitEngine(_Remote):
    """Disabled is a version that may no longer decrypt; a deletion that can be undone is OpenBao's soft delete."""

    after_disabling: KeyState = KeyState.ENABLED
    expected: Mapping[str, Reason | None] = {
        "away": Reason.UNREACHABLE,
        "timeout": Reason.TIMEOUT,
        "throttled": Reason.THROTTLED,
        "redirected": Reason.FAILED,
        "failing": Reason.FAILED,
        "nonsense": Reason.FAILED,
        "refusing": Reason.REFUSED,
        "sealed": Reason.SEALED,
        "disabled": Reason.DISABLED,
        "pending_deletion": Reason.PENDING_DELETION,
    }

    def __init__(self, bao: Bao, front: Front) -> None:
        super().__init__(front)
        self._bao = bao
        self.token = Secret(bao.token)
        self._name = bao.new_key()
        self.root_key_id = f"transit/{self._name}"
        self._settings = EncryptionSettings(
            transit_url=front.url, transit_token=Secret(bao.token), provider_seconds=SECONDS
        )
        self.provider: RootKeyProvider = Transit(self._settings, self.root_key_id)

    def rotate(self) -> str:
        self._bao.call("POST", f"transit/keys/{self._name}/rotate")
        return self.root_key_id

    def disable(self) -> None:
        self.rotate()
        self._bao.call("POST", f"transit/keys/{self._name}/config", min_decryption_version=2)

    def schedule_deletion(self) -> None:
        self._bao.call("DELETE", f"transit/keys/{self._name}/soft-delete")

    def delete(self) -> None:
        self._bao.call("POST", f"transit/keys/{self._name}/config", deletion_allowed=True)
        self._bao.call("DELETE", f"transit/keys/{self._name}")

    def answer_with_another_key(self) -> None:
        def answer(asked: Asked) -> Answered:
            found = self.sound(asked)
            answered = json.loads(found.body)
            answered["data"]["plaintext"] = base64.b64encode(OTHER_KEY).decode()
            return Answered(found.status, json.dumps(answered).encode())

        self.front.answer = answer

    def impatient(self) -> RootKeyProvider:
        self.front.gate.clear()
        return Transit(_impatient(self._settings), self.root_key_id)

    @override
    def _refusing(self, asked: Asked) -> Answered:
        return Answered(403, b'{"errors":["permission denied"]}')

    @override
    def _sealed(self, asked: Asked) -> Answered:
        return Answered(503, b'{"errors":["Vault is sealed"]}')


class KmsEngine(_Remote):
    after_disabling: KeyState = KeyState.DISABLED
    expected: Mapping[str, Reason | None] = {
        "away": Reason.UNREACHABLE,
        "timeout": Reason.TIMEOUT,
        "throttled": Reason.THROTTLED,
        "redirected": Reason.FAILED,
        "failing": Reason.FAILED,
        "nonsense": Reason.FAILED,
        "refusing": Reason.REFUSED,
        "sealed": Reason.FAILED,
        "disabled": Reason.DISABLED,
        "pending_deletion": Reason.PENDING_DELETION,
    }

    def __init__(self, front: Front) -> None:
        super().__init__(front)
        self._key = kms.new_key()
        self.root_key_id = f"aws-kms/{self._key}"
        self._settings = EncryptionSettings(kms_region=kms.REGION, kms_endpoint_url=front.url, provider_seconds=SECONDS)
        self.provider: RootKeyProvider = AwsKms(self._settings, self.root_key_id)

    def rotate(self) -> str:
        kms.backend().rotate_key_on_demand(self._key)
        return self.root_key_id

    def disable(self) -> None:
        kms.backend().disable_key(self._key)

    def schedule_deletion(self) -> None:
        kms.backend().schedule_key_deletion(self._key, 7)

    def delete(self) -> None:
        del kms.backend().keys[self._key]

    def answer_with_another_key(self) -> None:
        def answer(asked: Asked) -> Answered:
            answered = json.loads(self.sound(asked).body)
            answered["Plaintext"] = base64.b64encode(OTHER_KEY).decode()
            return Answered(200, json.dumps(answered).encode())

        self.front.answer = answer

    def impatient(self) -> RootKeyProvider:
        self.front.gate.clear()
        return AwsKms(_impatient(self._settings), self.root_key_id)

    @override
    def _throttled(self, asked: Asked) -> Answered:
        return kms.refusal("ThrottlingException")

    @override
    def _refusing(self, asked: Asked) -> Answered:
        return kms.refusal("AccessDeniedException")

    @override
    def _sealed(self, asked: Asked) -> Answered:
        return kms.refusal("KMSInvalidStateException", "the custom key store is disconnected")


FAILURES: Final = (*TransitEngine.expected,)


def _impatient(settings: EncryptionSettings) -> EncryptionSettings:
    return replace(settings, provider_seconds=SHORT_SECONDS)


def to(url: str, asked: Asked) -> Answered:
    """Passes a request on."""
    kept = {name: value for name, value in asked.headers.items() if name.lower().startswith("x-")}
    answer = httpx.request(asked.method, url + asked.path, headers=kept, content=asked.body, trust_env=False)
    return Answered(answer.status_code, answer.content)
