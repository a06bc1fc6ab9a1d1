"""Bounds of single values of settings."""

from typing import Annotated, Final

from msgspec import Meta

MIB: Final = 2**20
ROOT_KEY_ID: Final = (
    "^([a-z0-9-]{1,32}|transit/[A-Za-z0-9][A-Za-z0-9_.-]{0,127}"
    "|aws-kms/(arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/)?[A-Za-z0-9-]{1,128})$"
)
"""A key of the keyring, `transit/<name>`, or `aws-kms/<id or ARN>`."""

type Count = Annotated[int, Meta(ge=1, le=1_000_000)]
type Quota = Annotated[int, Meta(ge=1, le=2**63 - 1)]
type Memory = Annotated[int, Meta(ge=MIB, le=2**50)]
type Host = Annotated[str, Meta(max_length=253, pattern="^[A-Za-z0-9][A-Za-z0-9._-]*$|^[0-9A-Fa-f]*:[0-9A-Fa-f:.]*$")]
"""A host name or an address, as the resolver accepts them; the port is a separate setting."""

type Name = Annotated[str, Meta(min_length=1, max_length=255)]
type Variable = Annotated[str, Meta(max_length=255, pattern="^[A-Za-z_][A-Za-z0-9_]*$")]
type RootKeyId = Annotated[str, Meta(max_length=255, pattern=ROOT_KEY_ID)]
type Mount = Annotated[str, Meta(max_length=255, pattern="^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$")]
type Namespace = Annotated[str, Meta(max_length=255, pattern="^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*/?$")]
type Region = Annotated[str, Meta(max_length=32, pattern="^[a-z]{2}(-[a-z]+)+-[0-9]$")]
type Seconds = Annotated[float, Meta(gt=0, le=86_400)]
