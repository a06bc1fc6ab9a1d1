"""What is special about Transit: its token, its address, and responses of other shapes."""

import json
import os
import ssl
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

import pytest
from msgspec.structs import replace

from creatorvault.core.errors import CreatorVaultError
from creatorvault.crypto.errors import LostKey, Reason, RootKeyUnavailable, Tampered, WrongKey
from creatorvault.crypto.providers.transit import Transit
from creatorvault.settings.secret import Secret
from creatorvault.settings.sections import EncryptionSettings
from tests.bao import Bao
from tests.certificates import Authority
from tests.front import Answered, Asked, Front

KEY: Final = os.urandom(32)
ROOT: Final = "transit/key"

type Opened = Callable[..., Transit]


@pytest.fixture
async def opened(bao: Bao, in_front_of_bao: Front) -> AsyncGenerator[Opened]:
    settings = EncryptionSettings(transit_url=in_front_of_bao.url, transit_token=Secret(bao.token))
    async with AsyncExitStack() as stack:

        def open_with(**more: object) -> Transit:
            transit = Transit(replace(settings, **more), ROOT)
            stack.push_async_callback(transit.aclose)
            return transit

        yield open_with


async def test_the_token_may_be_in_a_file_that_is_replaced(opened: Opened, bao: Bao, tmp_path: Path) -> None:
    file = tmp_path / "token"
    transit, root_key_id = opened(transit_token=None, transit_token_file=file), f"transit/{bao.new_key()}"

    for content, reason in (
        (None, Reason.REFUSED),
        (b"expired\n", Reason.REFUSED),
        (b"\xff", Reason.REFUSED),
        (bao.token.encode(), None),
    ):
        if content is not None:
            file.write_bytes(content)
        [health] = await transit.health()
        assert health.reason is reason
    assert (await transit.wrap(KEY, b"here", root_key_id))[0] == root_key_id


async def test_without_a_token_it_is_refused(opened: Opened) -> None:
    [health] = await opened(transit_token=None).health()

    assert health.reason is Reason.REFUSED


async def test_the_mount_and_the_namespace_are_settings(opened: Opened, bao: Bao, in_front_of_bao: Front) -> None:
    bao.call("POST", "sys/mounts/teams/keys", type="transit")
    bao.call("POST", "teams/keys/keys/own", type="aes256-gcm96")
    seen: list[Asked] = []
    sound = in_front_of_bao.answer

    def watch(asked: Asked) -> Answered:
        seen.append(asked)
        return sound(asked)

    in_front_of_bao.answer = watch

    wrapped = await opened(transit_mount="teams/keys").wrap(KEY, b"here", "transit/own")

    assert await opened(transit_mount="teams/keys").unwrap(*wrapped, b"here") == KEY
    await opened(transit_namespace="team-1").health()
    assert [asked.headers.get("X-Vault-Namespace") for asked in seen] == [None, None, None, "team-1"]


async def test_a_mount_that_does_not_exist_is_no_lost_key(opened: Opened) -> None:
    with pytest.raises(RootKeyUnavailable) as caught:
        await opened(transit_mount="nowhere").wrap(KEY, b"here")
    assert caught.value.reason is Reason.FAILED


async def test_a_key_of_another_type_does_not_wrap(opened: Opened, bao: Bao, in_front_of_bao: Front) -> None:
    for kind in ("chacha20-poly1305", "aes128-gcm96", "rsa-2048"):
        root_key_id = f"transit/{bao.new_key(type=kind)}"
        with pytest.raises(RootKeyUnavailable) as caught:
            await opened().wrap(KEY, b"here", root_key_id)
        assert caught.value.reason is Reason.REFUSED
        [key] = await opened().describe([root_key_id])
        assert (key.version, key.created_at is None) == (1, kind == "rsa-2048")


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, {"errors": ["something new"]}, RootKeyUnavailable),
        (400, {"errors": ["invalid ciphertext: no prefix"]}, Tampered),
        (400, {"errors": ["cipher: message authentication failed"]}, WrongKey),
        (400, {"errors": ["encryption key not found"]}, LostKey),
        (404, {"errors": []}, LostKey),
        (404, {"errors": ["no handler for route"]}, RootKeyUnavailable),
        (404, "a proxy", RootKeyUnavailable),
        (401, {}, RootKeyUnavailable),
        (503, {"errors": ["no leader"]}, RootKeyUnavailable),
        (200, {"data": {"plaintext": "not base64!"}}, RootKeyUnavailable),
        (200, {"data": {"plaintext": "AAAA"}}, WrongKey),
        (200, {"data": {}}, RootKeyUnavailable),
    ],
)
async def test_every_answer_is_understood(
    opened: Opened, bao: Bao, in_front_of_bao: Front, status: int, body: object, expected: type[CreatorVaultError]
) -> None:
    wrapped = await opened().wrap(KEY, b"here", f"transit/{bao.new_key()}")
    in_front_of_bao.answer = lambda asked: Answered(status, json.dumps(body, separators=(",", ":")).encode())

    with pytest.raises(expected):
        await opened().unwrap(*wrapped, b"here")


@pytest.mark.parametrize("ciphertext", ["", "vault:v0:" + "A" * 80, "vault:v1:AAAA", "other:v1:" + "A" * 80])
async def test_a_ciphertext_of_another_form_is_not_stored(
    opened: Opened, in_front_of_bao: Front, ciphertext: str
) -> None:
    def answer(asked: Asked) -> Answered:
        data: dict[str, object] = {"ciphertext": ciphertext}
        if asked.method == "GET":
            data = {"type": "aes256-gcm96", "latest_version": 1}
        return Answered(200, json.dumps({"data": data}).encode())

    in_front_of_bao.answer = answer

    with pytest.raises(RootKeyUnavailable) as caught:
        await opened().wrap(KEY, b"here")
    assert caught.value.reason is Reason.FAILED
    [key] = await opened().describe([ROOT])
    assert key.created_at is None


@pytest.mark.parametrize(("header", "seconds"), [("7", 7), ("0", 1), ("9999", 30), ("soon", 1), ("²", 1)])
async def test_the_time_of_a_retry_is_passed_on_within_bounds(
    opened: Opened, in_front_of_bao: Front, header: str, seconds: int
) -> None:
    in_front_of_bao.answer = lambda asked: Answered(429, b"", {"Retry-After": header})

    with pytest.raises(RootKeyUnavailable) as caught:
        await opened().wrap(KEY, b"here")
    assert (caught.value.reason, caught.value.retry_after) == (Reason.THROTTLED, seconds)


async def test_a_certificate_of_another_authority_is_not_trusted(
    opened: Opened, bao: Bao, in_front_of_bao: Front, tmp_path: Path
) -> None:
    Authority(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem", tmp_path / "server.key")
    in_front_of_bao.socket = context.wrap_socket(in_front_of_bao.socket, server_side=True)
    url, root_key_id = in_front_of_bao.url.replace("http", "https"), f"transit/{bao.new_key()}"

    trusting = opened(transit_url=url, transit_ca_file=tmp_path / "ca.pem")

    assert (await trusting.wrap(KEY, b"here", root_key_id))[0] == root_key_id
    with pytest.raises(RootKeyUnavailable) as caught:
        await opened(transit_url=url).wrap(KEY, b"here", root_key_id)
    assert caught.value.reason is Reason.UNREACHABLE
