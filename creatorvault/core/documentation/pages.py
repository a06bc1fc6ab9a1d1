"""The HTML of the documentation pages, and their content security policies."""

from dataclasses import dataclass
from html import escape
from string import Template
from typing import Final

from creatorvault.core.documentation.assets import ASSETS, HERE
from creatorvault.core.documentation.tokens import command, how_to_get_a_token
from creatorvault.settings.sections import Settings

DOCUMENT_PATH: Final = "/openapi.json"


@dataclass(frozen=True, slots=True)
class Page:
    """`policy` is its Content-Security-Policy: all content comes from this service, and there are no inline scripts."""

    template: str
    assets: dict[str, str]
    policy: str

    def html(self, settings: Settings) -> str:
        prefix = settings.server.path_prefix
        values = {placeholder: f"{prefix}{ASSETS.url(name)}" for placeholder, name in self.assets.items()}
        values["document"] = f"{prefix}{DOCUMENT_PATH}"
        values["token"] = how_to_get_a_token(settings)
        values["command"] = escape(command())
        return Template((HERE / self.template).read_text(encoding="utf-8")).substitute(values)


POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src $styles; img-src 'self' data:; font-src data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

SWAGGER: Final = Page(
    template="docs.html",
    assets={"style": "swagger_style.css", "pages": "pages.css", "swagger": "swagger_bundle.js", "start": "docs.js"},
    policy=Template(POLICY).substitute(styles="'self'"),
)
REDOC: Final = Page(
    template="redoc.html",
    assets={"pages": "pages.css", "redoc": "redoc.js", "start": "reference.js"},
    # Redoc inserts its style sheets into the page at run time.
    policy=Template(POLICY).substitute(styles="'self' 'unsafe-inline'"),
)
