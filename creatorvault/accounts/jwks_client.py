"""Where an issuer publishes its keys, asked with no more trust than needed."""

import asyncio
import ssl
from functools import cache
from typing import Final

import httpx

from creatorvault.accounts.public_keys import InvalidKeySet

MAX_KEY_SET_BYTES: Final = 65_536


class Unreachable(Exception):
    """The address gave no answer; the text is the kind of the error, since the texts of others may hold anything."""


class JwksClient:
    def __init__(self, url: str, timeout_seconds: float) -> None:
        """Connects to nothing. Raises httpx.InvalidURL."""
        self._url = httpx.URL(url)
        self._timeout = timeout_seconds
        self._client = httpx.AsyncClient(
            follow_redirects=False,
            trust_env=False,
            verify=_authorities(),
            timeout=timeout_seconds,
            headers={"Accept-Encoding": "identity"},
            limits=httpx.Limits(max_keepalive_connections=0),  # fetches are rare; a kept connection may be a dead one
        )

    async def download(self) -> bytes:
        """Within the timeout as a whole. Raises Unreachable, or InvalidKeySet for what cannot be a key set.

        Any status but 200 is a fault, redirects included: whoever can send one must not choose our keys.
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
    """Those of SSL_CERT_FILE or SSL_CERT_DIR, else certifi's. Reading them takes longer than a fetch, so once."""
    return httpx.create_ssl_context()
