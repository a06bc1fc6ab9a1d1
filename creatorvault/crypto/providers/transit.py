"""Root keys in a Transit engine of HashiCorp Vault or OpenBao, which never leave it."""

import asyncio
import base64
import re
import ssl
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Final

import httpx
import msgspec

from creatorvault.core.errors import CreatorVaultError
from creatorvault.crypto.envelope import KEY_BYTES, NONCE_BYTES, TAG_BYTES
from creatorvault.crypto.errors import LostKey, Reason, RootKeyUnavailable, Tampered, WrongKey
from creatorvault.crypto.providers.protocol import KeyState, ProviderHealth, RootKey
from creatorvault.crypto.providers.remote import TRANSIT_WRAP, bound_digest, checked, ciphertext_of, packed
from creatorvault.settings.sections import TRANSIT, EncryptionSettings

KEY_TYPE: Final = "aes256-gcm96"
VERSION_BYTES: Final = 4
CIPHERTEXT_BYTES: Final = VERSION_BYTES + NONCE_BYTES + KEY_BYTES + TAG_BYTES
LONGEST_PAUSE: Final = 30
NO_SUCH_KEY: Final = b'{"errors":[]}'
"""With status 404; if there is no such engine, there is a text."""

_CIPHERTEXT: Final = re.compile(r"vault:v([1-9][0-9]{0,8}):([A-Za-z0-9+/]{80})")

type Json = Mapping[str, str]


class _Key(msgspec.Struct):
    """`keys` has each version that may decrypt: of symmetric keys its creation time, in seconds since 1970."""

    type: str
    latest_version: int
    keys: dict[str, object] = {}
    soft_deleted: bool = False


class _Encrypted(msgspec.Struct):
    ciphertext: str


class _Decrypted(msgspec.Struct):
    plaintext: bytes


class _Answer[T](msgspec.Struct):
    data: T


class _Refusal(msgspec.Struct):
    errors: list[str] = []


class Transit:
    """The root key `transit/<name>` is the key <name> of the engine, which must have the type aes256-gcm96.

    A wrapped key: format | algorithm | check (16) | version of the engine's key (u32) | nonce (12) | key and tag (48).
    """

    def __init__(self, settings: EncryptionSettings, wraps_with: str) -> None:
        """Does not connect. Raises OSError for an unusable `transit_ca_file`."""
        file = settings.transit_ca_file
        authorities = httpx.create_ssl_context() if file is None else ssl.create_default_context(cafile=file)
        self._url = f"{settings.transit_url}/v1"
        self._mount = settings.transit_mount
        self._token = settings.transit_token or settings.transit_token_file
        self._seconds = settings.provider_seconds
        self._wraps_with = wraps_with
        namespace = {} if settings.transit_namespace is None else {"X-Vault-Namespace": settings.transit_namespace}
        self._client = httpx.AsyncClient(
            follow_redirects=False,
            trust_env=False,
            verify=authorities,
            timeout=settings.provider_seconds,
            headers={"X-Vault-Request": "true", **namespace},
        )

    async def wrap(self, key: bytes, additional: bytes, root_key_id: str | None = None) -> tuple[str, bytes]:
        """Reads the key first: to encrypt with a key that does not exist would create it, if the token may."""
        chosen = self._wraps_with if root_key_id is None else root_key_id
        found = await self._read(chosen)
        if found.type != KEY_TYPE:
            raise RootKeyUnavailable(chosen, Reason.REFUSED)
        digest = bound_digest(additional, chosen)
        body = {"plaintext": _base64(key), "associated_data": _base64(digest)}
        encrypted = await self._act("encrypt", chosen, body, _Answer[_Encrypted])
        return chosen, packed(TRANSIT_WRAP, key, digest, _compact(encrypted.ciphertext, chosen))

    async def unwrap(self, root_key_id: str, wrapped: bytes, additional: bytes) -> bytes:
        digest = bound_digest(additional, root_key_id)
        ciphertext = _text(ciphertext_of(TRANSIT_WRAP, wrapped, root_key_id), root_key_id)
        body = {"ciphertext": ciphertext, "associated_data": _base64(digest)}
        decrypted = await self._act("decrypt", root_key_id, body, _Answer[_Decrypted])
        return checked(wrapped, decrypted.plaintext, digest, root_key_id)

    def expires(self, root_key_id: str) -> bool:
        return True

    async def describe(self, root_key_ids: Collection[str] = ()) -> Sequence[RootKey]:
        return [await self._described(root_key_id) for root_key_id in sorted(root_key_ids)]

    async def health(self) -> Sequence[ProviderHealth]:
        """Reads what the token may do: this fails if the engine is sealed or the token has expired."""
        try:
            await self._send("GET", "auth/token/lookup-self", TRANSIT)
        except RootKeyUnavailable as error:
            return [ProviderHealth(TRANSIT, error.reason)]
        return [ProviderHealth(TRANSIT)]

    async def aclose(self) -> None:
        await self._client.aclose()

    async def _described(self, root_key_id: str) -> RootKey:
        try:
            key = await self._read(root_key_id)
        except LostKey:
            return RootKey(root_key_id, TRANSIT, KeyState.MISSING)
        except RootKeyUnavailable as error:
            states = {Reason.PENDING_DELETION: KeyState.PENDING_DELETION}
            return RootKey(root_key_id, TRANSIT, states.get(error.reason, KeyState.UNKNOWN), reason=error.reason)
        times = [time for time in key.keys.values() if isinstance(time, int)]
        created_at = datetime.fromtimestamp(min(times), UTC) if times else None
        return RootKey(root_key_id, TRANSIT, KeyState.ENABLED, version=key.latest_version, created_at=created_at)

    async def _read(self, root_key_id: str) -> _Key:
        answer = await self._send("GET", f"{self._mount}/keys/{_name(root_key_id)}", root_key_id)
        key = _decoded(answer, _Answer[_Key], root_key_id).data
        if key.soft_deleted:
            raise RootKeyUnavailable(root_key_id, Reason.PENDING_DELETION)
        return key

    async def _act[T](self, verb: str, root_key_id: str, body: Json, kind: type[_Answer[T]]) -> T:
        answer = await self._send("POST", f"{self._mount}/{verb}/{_name(root_key_id)}", root_key_id, body)
        return _decoded(answer, kind, root_key_id).data

    async def _send(self, method: str, path: str, root_key_id: str, body: Json | None = None) -> bytes:
        """Raises as `unwrap`."""
        try:
            headers = {"X-Vault-Token": self._current_token()}
            async with asyncio.timeout(self._seconds):
                response = await self._client.request(method, f"{self._url}/{path}", json=body, headers=headers)
        except (TimeoutError, httpx.TimeoutException):
            raise RootKeyUnavailable(root_key_id, Reason.TIMEOUT) from None
        except httpx.HTTPError:
            raise RootKeyUnavailable(root_key_id, Reason.UNREACHABLE) from None
        except (OSError, ValueError):  # of the token's file
            raise RootKeyUnavailable(root_key_id, Reason.REFUSED) from None
        if response.status_code != HTTPStatus.OK:
            raise _refusal(response, root_key_id)
        return response.content

    def _current_token(self) -> str:
        """Reads the file each time: an agent replaces it when the token is renewed."""
        if isinstance(self._token, Path):
            return self._token.read_text(encoding="ascii").strip()
        return "" if self._token is None else self._token.reveal()


def _refusal(response: httpx.Response, root_key_id: str) -> CreatorVaultError:
    status = response.status_code
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RootKeyUnavailable(root_key_id, Reason.THROTTLED, _retry_after(response))
    if status == HTTPStatus.NOT_FOUND and response.content.strip() == NO_SUCH_KEY:
        return LostKey(root_key_id=root_key_id)
    said = _errors(response.content)
    if status == HTTPStatus.BAD_REQUEST:
        return _of_bad_request(said, root_key_id)
    if status == HTTPStatus.SERVICE_UNAVAILABLE and "sealed" in said:
        return RootKeyUnavailable(root_key_id, Reason.SEALED)
    refused = status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
    return RootKeyUnavailable(root_key_id, Reason.REFUSED if refused else Reason.FAILED)


def _of_bad_request(said: str, root_key_id: str) -> CreatorVaultError:
    """Only the text of the errors tells them apart."""
    if "key not found" in said:
        return LostKey(root_key_id=root_key_id)
    if "authentication failed" in said:
        return WrongKey(root_key_id=root_key_id)
    if "invalid ciphertext" in said:
        return Tampered(root_key_id=root_key_id)
    if "soft-deleted" in said:
        return RootKeyUnavailable(root_key_id, Reason.PENDING_DELETION)
    if "disallowed by policy" in said:  # `min_decryption_version`
        return RootKeyUnavailable(root_key_id, Reason.DISABLED)
    return RootKeyUnavailable(root_key_id, Reason.FAILED)


def _errors(content: bytes) -> str:
    try:
        return " ".join(msgspec.json.decode(content, type=_Refusal).errors)
    except msgspec.DecodeError:
        return ""


def _retry_after(response: httpx.Response) -> int:
    text = response.headers.get("Retry-After", "")
    return min(max(int(text), 1), LONGEST_PAUSE) if text.isascii() and text.isdecimal() else 1


def _decoded[T](content: bytes, kind: type[T], root_key_id: str) -> T:
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.DecodeError:
        pass  # the error may contain a key
    raise RootKeyUnavailable(root_key_id, Reason.FAILED)


def _compact(ciphertext: str, root_key_id: str) -> bytes:
    found = _CIPHERTEXT.fullmatch(ciphertext)
    if found is None:
        raise RootKeyUnavailable(root_key_id, Reason.FAILED)
    return int(found[1]).to_bytes(VERSION_BYTES) + base64.b64decode(found[2])


def _text(ciphertext: bytes, root_key_id: str) -> str:
    version = int.from_bytes(ciphertext[:VERSION_BYTES])
    if len(ciphertext) != CIPHERTEXT_BYTES or version == 0:
        raise Tampered(root_key_id=root_key_id)
    return f"vault:v{version}:{_base64(ciphertext[VERSION_BYTES:])}"


def _name(root_key_id: str) -> str:
    return root_key_id.removeprefix(f"{TRANSIT}/")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
