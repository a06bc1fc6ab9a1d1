"""Accept-Encoding: what is compressed, and what is refused."""

import gzip

from creatorvault.core.http.codings import chosen_coding
from tests.factories import Creator
from tests.transfer.exporting.vaults import exported, url_of

BOTH = ("gzip", "identity")


def test_the_best_acceptable_coding_is_chosen() -> None:
    for header, coding in {
        None: "identity",
        "": "identity",
        "gzip": "gzip",
        "GZip": "gzip",
        "x-gzip": "gzip",
        "br, gzip;q=0.5": "gzip",
        "gzip;q=0.2, identity;q=0.8": "identity",
        "gzip ; q=0.001": "gzip",
        "gzip;q=0": "identity",
        "*": "gzip",
        "*;q=0.1, identity": "identity",
        "br": "identity",
        "identity;q=0": None,
        "identity;q=0, gzip": "gzip",
        "*;q=0": None,
        "*;q=0, identity": "identity",
        "gzip;q=0.000, *;q=0": None,
        "gzip;q=x": "identity",
        "gzip;q=2": "identity",
        ",, gzip": "gzip",
    }.items():
        assert chosen_coding(header, BOTH) == coding, header


async def test_text_is_compressed_and_an_archive_is_not(ada: Creator) -> None:
    await ada.idea("Long", notes="again " * 800)
    for format_ in ("jsonl", "csv"):
        plain = await exported(ada, format_, headers={"Accept-Encoding": "identity"})
        async with ada.client.stream(
            "GET", f"{url_of(ada)}?format={format_}", headers={**ada.headers, "Accept-Encoding": "gzip"}
        ) as answer:
            packed = b"".join([piece async for piece in answer.aiter_raw()])
        assert answer.headers["content-encoding"] == "gzip"
        assert "content-encoding" not in plain.headers
        assert len(packed) < len(plain.content) / 2
        assert gzip.decompress(packed).splitlines()[1:] == plain.content.splitlines()[1:]
        for response in (answer, plain):
            assert "Accept-Encoding" in response.headers["vary"]
    zipped = await exported(ada, "markdown", headers={"Accept-Encoding": "gzip, identity;q=0"})
    assert "content-encoding" not in zipped.headers
    assert "Accept-Encoding" not in zipped.headers["vary"]


async def test_nothing_acceptable_is_406(ada: Creator) -> None:
    answer = await ada.request("GET", url_of(ada), headers={"Accept-Encoding": "identity;q=0, br"})

    assert answer.status_code == 406
    assert answer.json() == {"detail": "Accept-Encoding excludes both gzip and identity", "code": "not_acceptable"}
