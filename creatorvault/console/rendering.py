"""Pages from templates, with what all of them have: headers, language, navigation, the token of forms."""

from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import MediaType, Request, Response
from markupsafe import Markup

from creatorvault.console.assets import ASSETS
from creatorvault.console.charts import Row, plotted
from creatorvault.console.formats import clock, moment, number, said, shown
from creatorvault.console.guards import HOME, following
from creatorvault.console.languages import Language, language, language_of, languages
from creatorvault.console.navigation import sections_for
from creatorvault.console.sessions import SignedIn
from creatorvault.core.console.declarations import Chart
from creatorvault.core.parts import part_of
from creatorvault.core.telemetry.request_context import correlation_id
from creatorvault.settings.sections import Settings

TEMPLATES: Final = Path(__file__).parent / "templates"
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def render(request: Request[Any, Any, Any], template: str, status_code: int = 200, **context: object) -> Response[str]:
    """Renders a template in the language of the request. `context` replaces what every page has (`_frame`).

    Messages in it are English: templates translate them by `| label`. Raises UndefinedError if a template uses a name
    that is not in the context.
    """
    spoken = language_of(request)
    page = environment_of(spoken.code).get_template(template)
    return Response(
        page.render({**_frame(request, spoken), **context}),
        status_code=status_code,
        media_type=MediaType.HTML,
        headers={
            "Cache-Control": "no-store",
            "Content-Language": spoken.code,
            "Content-Security-Policy": POLICY,
        },
    )


def _frame(request: Request[Any, Any, Any], spoken: Language) -> dict[str, object]:
    """Returns what base.html uses. `url` and `asset` return public paths."""
    prefix = part_of(request.app, Settings).server.path_prefix
    user: SignedIn | None = request.scope.get("user")
    here = following(request)
    return {
        "url": lambda local: f"{prefix}{local}",
        "asset": lambda name: f"{prefix}{ASSETS.url(name)}",
        "language": spoken,
        "languages": languages(),
        "here": here,
        "section_name": here.partition("?")[0].removeprefix(HOME).strip("/").partition("/")[0],
        "user": user,
        "step_up": False,
        "navigation": () if user is None else sections_for(request.app, user.caller),
        "form_token": "" if user is None else user.session.form_token,
        "correlation_id": correlation_id(request.scope),
        "notice": "",
        "errors": (),
    }


@cache
def environment_of(code: str) -> Environment:
    """Compiles each template once per language and process."""
    spoken = language(code)
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_translations(spoken.translations, newstyle=True)  # type: ignore[attr-defined]  # added by the extension
    environment.filters |= {
        "label": spoken.translated,
        "said": partial(said, spoken),
        "shown": partial(shown, spoken),
        "number": partial(number, spoken.locale),
        "moment": partial(moment, spoken.locale),
        "clock": clock,
    }
    environment.globals["svg"] = partial(svg, spoken)
    return environment


def svg(spoken: Language, chart: Chart, rows: Sequence[Row]) -> Markup:
    """Returns the HTML of a chart. Raises KeyError or ValueError for rows without a moment."""
    page = environment_of(spoken.code).get_template("_chart.html")
    return Markup(page.render(chart=chart, plot=plotted(spoken, chart, rows)))  # noqa: S704 - escaped by the template
