"""The front end's issuer, allowed to name administrators."""

import json

from tests.factories import SECRET


def issuer_that_names_administrators(environ: dict[str, str]) -> dict[str, str]:
    issuer = {"name": "front-end", "kind": "shared-secret", "secret": SECRET, "admin_roles": ["admin"]}
    others = {name: value for name, value in environ.items() if name != "BETTER_AUTH_SECRET"}
    return {**others, "CREATORVAULT_AUTH__ISSUERS": json.dumps([issuer])}
