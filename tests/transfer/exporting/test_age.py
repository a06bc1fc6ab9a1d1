"""The age format, opened by two other implementations: pyrage (Rust) and age (Go)."""

import os
import pty
import shutil
import subprocess
from pathlib import Path

import pyrage  # type: ignore[import-untyped]
import pytest

from creatorvault.transfer.exporting.age import CHUNK, AgeEncryption, for_passphrase, for_recipient, recipient_key
from tests.factories import Creator
from tests.transfer.exporting.vaults import exported, lines_of, url_of

PASSPHRASE = "correct horse battery staple"


def encrypted(encryption: AgeEncryption, data: bytes, step: int) -> bytes:
    pieces = [encryption.update(data[at : at + step]) for at in range(0, len(data), step)]
    return b"".join([*pieces, encryption.finish()])


def opened_by_age(tmp_path: Path, data: bytes, identity: pyrage.x25519.Identity) -> bytes:
    if (age := shutil.which("age")) is None:
        pytest.skip("age is not installed")
    (tmp_path / "identity").write_text(f"{identity}\n")
    (tmp_path / "file.age").write_bytes(data)
    command = [age, "--decrypt", "-i", "identity", "file.age"]
    return subprocess.run(command, cwd=tmp_path, capture_output=True, check=True).stdout


def opened_by_age_with_passphrase(tmp_path: Path, data: bytes) -> bytes:
    """It asks for the passphrase at the terminal, and nowhere else."""
    if (age := shutil.which("age")) is None:
        pytest.skip("age is not installed")
    (tmp_path / "file.age").write_bytes(data)
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(tmp_path)
        os.execv(age, [age, "--decrypt", "-o", "plain", "file.age"])
    asked = b""
    while b"passphrase" not in asked:
        asked += os.read(terminal, 1024)
    os.write(terminal, f"{PASSPHRASE}\n".encode())
    try:
        while os.read(terminal, 1024):
            pass
    except OSError:  # the terminal is gone
        pass
    assert os.waitpid(child, 0)[1] == 0
    os.close(terminal)
    return (tmp_path / "plain").read_bytes()


def test_every_length_is_opened_by_another_implementation() -> None:
    ada, bob = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    for length in (0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 7):
        data = os.urandom(length)
        stanzas = [for_recipient(str(identity.to_public())) for identity in (ada, bob)]
        file = encrypted(AgeEncryption(stanzas), data, 10_000)
        assert pyrage.decrypt(file, [ada]) == pyrage.decrypt(file, [bob]) == data
        with pytest.raises(pyrage.DecryptError):
            pyrage.decrypt(file[:-1], [ada])


def test_a_passphrase_opens_it() -> None:
    file = encrypted(AgeEncryption([for_passphrase(PASSPHRASE)]), b"secret", 3)

    assert pyrage.passphrase.decrypt(file, PASSPHRASE) == b"secret"
    with pytest.raises(pyrage.DecryptError):
        pyrage.passphrase.decrypt(file, "another passphrase")


def test_only_recipients_are_accepted() -> None:
    good = str(pyrage.x25519.Identity.generate().to_public())
    other = "q" if good[10] != "q" else "p"
    mistyped, mixed = good[:10] + other + good[11:], good[:10].upper() + good[10:]
    wrong = [*("", "age1", "age", "ssh-ed25519 AAAA", "age1!", good[:-1], f"{good}q", good.replace("age", "aga"))]
    low_order = "age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqwpwmrp"

    assert recipient_key(good) == recipient_key(good.upper())
    for text in (*wrong, mistyped, mixed, low_order, "age1" + "q" * 100):
        with pytest.raises(ValueError, match=r".+"):
            recipient_key(text)


async def test_an_export_for_a_recipient_is_opened_by_age(ada: Creator, tmp_path: Path) -> None:
    idea = await ada.idea("Sealed")
    identity = pyrage.x25519.Identity.generate()
    recipient = str(identity.to_public())
    for format_, suffix in (("jsonl", "jsonl.age"), ("markdown", "zip.age")):
        options = {"headers": {"Accept-Encoding": "gzip"}}
        answer = await ada.request("GET", f"{url_of(ada)}?format={format_}&recipient={recipient}", **options)

        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"].endswith(f'.{suffix}"')
        assert "content-encoding" not in answer.headers
        opened = opened_by_age(tmp_path, answer.content, identity)
        assert opened == pyrage.decrypt(answer.content, [identity])
        assert idea["title"].encode() not in answer.content
    body = {"format": "jsonl", "recipients": [recipient]}
    answer = await ada.request("POST", url_of(ada), json=body)
    lines = pyrage.decrypt(answer.content, [identity]).splitlines()
    assert lines[1:] == (await exported(ada)).content.splitlines()[1:]


async def test_an_export_for_a_passphrase_is_opened_by_age(ada: Creator, tmp_path: Path) -> None:
    await ada.idea("Sealed")
    answer = await ada.request("POST", url_of(ada), json={"format": "csv", "passphrase": PASSPHRASE})

    assert answer.status_code == 200
    assert opened_by_age_with_passphrase(tmp_path, answer.content) == (await exported(ada, "csv")).content


async def test_a_post_without_a_key_is_in_the_clear(ada: Creator) -> None:
    answer = await ada.request("POST", url_of(ada), json={})

    assert lines_of(answer)[0]["user_id"] == ada.user_id


async def test_wrong_keys_are_refused_and_a_passphrase_is_never_repeated(ada: Creator) -> None:
    recipient = str(pyrage.x25519.Identity.generate().to_public())
    for body, found in (
        ({"passphrase": "secret"}, ("string_too_short", ["body", "passphrase"])),
        ({"passphrase": "secret" * 200}, ("string_too_long", ["body", "passphrase"])),
        ({"passphrase": ["secret"]}, ("string_type", ["body", "passphrase"])),
        (
            {"passphrase": "secret-secret", "recipients": [recipient]},
            ("passphrase_beside_recipients", ["body", "passphrase"]),
        ),
        ({"recipients": ["age1secret"]}, ("recipient_invalid", ["body", "recipients", 0])),
        ({"recipients": [recipient] * 17}, ("too_long", ["body", "recipients"])),
        ({"format": "xlsx"}, ("enum", ["body", "format"])),
    ):
        answer = await ada.request("POST", url_of(ada), json=body)
        [error] = answer.json()["detail"]
        assert answer.status_code == 422
        assert (error["type"], error["loc"]) == found
        assert "passphrase" not in body or "secret" not in answer.text


async def test_a_passphrase_in_a_url_is_ignored_and_wrong_parameters_are_refused(ada: Creator) -> None:
    plain = await ada.request("GET", f"{url_of(ada)}?passphrase={PASSPHRASE}")
    assert plain.content.startswith(b'{"type":"export"')
    for query, place in (("recipient=age1x", "recipient"), ("format=", "format"), ("format=JSONL", "format")):
        answer = await ada.request("GET", f"{url_of(ada)}?{query}")
        assert answer.status_code == 422
        assert answer.json()["detail"][0]["loc"][:2] == ["query", place]
