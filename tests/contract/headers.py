"""The headers that every answer has."""

from uuid import UUID

import httpx

ALWAYS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "strict-origin-when-cross-origin",
    "content-security-policy": "default-src 'self'",
    "permissions-policy": "geolocation=(), microphone=(), camera=()",
    "x-xss-protection": "1; mode=block",
}


def assert_every_header(answer: httpx.Response) -> None:
    assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS
    assert UUID(answer.headers["x-correlation-id"])
    for name in (*ALWAYS, "x-correlation-id", "access-control-allow-origin"):
        assert len(answer.headers.get_list(name)) <= 1, name
