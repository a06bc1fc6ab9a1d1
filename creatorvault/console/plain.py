"""Pages without a look."""

from html import escape
from typing import Any

from litestar import MediaType, Request, Response

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def render(request: Request[Any, Any, Any], template: str, status_code: int = 200, **context: Any) -> Response[str]:
    said = "".join(f"<p>{escape(str(value))}</p>" for value in context.values())
    form = ""
    if template == "sign_in.html":
        form = (
            '<form method="post" action="/console/sign-in">'
            + "".join(
                f'<input type="hidden" name="{name}" value="{escape(str(context[key]))}">'
                for name, key in (("form_token", "form_token"), ("next", "following"))
            )
            + '<input name="credential" type="password"></form>'
        )
    return Response(
        said + form,
        status_code=status_code,
        media_type=MediaType.HTML,
        headers={"Cache-Control": "no-store", "Content-Security-Policy": POLICY},
    )
