"""Downloads an issuer's key set with as little trust as possible."""

import asyncio
import ssl
from functools import cache
from typing import Final

import httpx

from creatorvault.accounts.public_keys import InvalidKeySet

MAX_KEY_SET_BYTES: Final = 65_536


class Unreachable(Exception):
    """The download failed; the text is the type of the error, since texts of other libraries may contain anything."""


class JwksClient:
    def __init__(self, url: str, timeout_seconds: float) -> None:
        """Does not connect. Raises httpx.InvalidURL."""
        self._url = httpx.URL(url)
        self._timeout = timeout_seconds
        self._client = httpx.AsyncClient(
            follow_redirects=False,
            trust_env=False,
            verify=_authorities(),
            timeout=timeout_seconds,
            headers={"Accept-Encoding": "identity"},
            limits=httpx.Limits(max_keepalive_connections=0),  # fetches are rare; a kept-alive connection may be dead
        )

    async def download(self) -> bytes:
        """The timeout limits the whole download. Raises Unreachable, or InvalidKeySet for an invalid key set.

        Any status other than 200 is an error, including redirects: whoever can send one must not choose our keys.
        """
        try:
            async with asyncio.timeout(self._timeout):
                return await self._body()
        except (httpx.HTTPError, TimeoutError) as error:
            raise Unreachable(type(error).__name__) from error

    async def aclose(self) -> None:
        await self._client.aclose()

    async def _body(self) -> bytes:
        async with self._client.stream("GET", self._url) as response:
            if response.status_code != httpx.codes.OK:
                raise InvalidKeySet(f"status {response.status_code}")
            body = bytearray()
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > MAX_KEY_SET_BYTES:
                    raise InvalidKeySet("too long")
            return bytes(body)


@cache
def _authorities() -> ssl.SSLContext:
    """Loads SSL_CERT_FILE or SSL_CERT_DIR, else certifi's authorities. Done once: it takes longer than a fetch."""
    return httpx.create_ssl_context()
