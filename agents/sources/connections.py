"""The home's sources.yml: which databases, web services and folders are read, and what their rows mean.

    sources:
      shop_orders:
        kind: sql
        url: postgresql+psycopg://reader:${SHOP_PASSWORD}@db.example/shop
        query: SELECT day, campaign, cost, clicks, updated_at FROM ad_costs     # or  table: ad_costs
        cursor: updated_at          # optional: rows are gone on with from its largest value
        start: 2026-01-01           # optional: its first value
        every_minutes: 60
        mapping: {source: shop, channel: email, currency: EUR, columns: {day: day, campaign: campaign, spend: cost}}
      crm:
        kind: rest
        url: https://api.example.com/v1/contacts
        headers: {Authorization: "Bearer ${CRM_TOKEN}"}
        params: {limit: 100, updated_since: "{cursor}"}
        rows: data.items            # where the records are in an answer; left out: the answer is the list
        paging: {kind: cursor, parameter: after, next: paging.next.after}
        cursor: updated_at
        mapping: {…}
      drop:
        kind: folder
        path: /srv/exports

Under `freshness:` stands how fresh which data have to be (agents/sources/promises.py).

Secrets come from the environment: `${NAME}`. A password or token that stands in the file is refused.
"""

import os
import re
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import yaml
from pydantic import Field, TypeAdapter, ValidationError, field_validator, model_validator

from storage.records.record import Record

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_SECRET_HEADERS = ("authorization", "api-key", "apikey", "token", "secret", "cookie")
_NAME = r"^[a-z][a-z0-9_]{0,39}$"


class ConnectionsInvalid(ValueError):
    """Raised when sources.yml cannot be read; says where and what to write instead."""


class _Pulled(Record):
    every_minutes: int = Field(default=60, ge=1)
    cursor: str | None = None
    """The field whose largest value is remembered; left out: everything is read each time."""
    start: datetime | date | int | str | None = None
    mapping: dict[str, Any] = Field(default_factory=dict)
    """As a *.mapping.yml says it; left out: the columns are recognised as those of a known export."""


class SqlConnection(_Pulled):
    kind: Literal["sql"]
    url: str
    query: str | None = None
    table: str | None = None

    @model_validator(mode="after")
    def _one_of(self) -> "SqlConnection":
        if (self.query is None) == (self.table is None):
            raise ValueError("a sql source has either a query or a table")
        password = urlsplit(self.url).password
        if password and not _VARIABLE.fullmatch(password):
            raise ValueError("url: the password stands in the file; write ${NAME} and set NAME in the environment")
        return self


class LinkPaging(Record):
    """The next page is named in the answer's Link header (rel="next")."""

    kind: Literal["link"]


class CursorPaging(Record):
    """The answer names what to ask the next page with."""

    kind: Literal["cursor"]
    parameter: str
    next: str
    """Where it stands in the answer, with dots; absent or empty on the last page."""


class NumberPaging(Record):
    """Pages are numbered; the first empty one ends it."""

    kind: Literal["page"]
    parameter: str = "page"
    first: int = 1


class OffsetPaging(Record):
    """So many records are skipped; a page shorter than `size` ends it."""

    kind: Literal["offset"]
    parameter: str = "offset"
    size: int = Field(ge=1)


class OnePage(Record):
    kind: Literal["none"] = "none"


Paging = Annotated[LinkPaging | CursorPaging | NumberPaging | OffsetPaging | OnePage, Field(discriminator="kind")]


class RestConnection(_Pulled):
    kind: Literal["rest"]
    url: str = Field(pattern=r"^https?://")
    headers: dict[str, str] = Field(default_factory=dict)
    params: dict[str, str | int] = Field(default_factory=dict)
    rows: str = ""
    paging: Paging = OnePage()
    ordered: bool = False
    """Whether records come in the order of `cursor`: then a long read is kept piece by piece."""
    timeout_s: float = Field(default=30, gt=0, le=600)

    @field_validator("headers")
    @classmethod
    def _no_secret(cls, headers: dict[str, str]) -> dict[str, str]:
        for name, value in headers.items():
            if any(mark in name.casefold() for mark in _SECRET_HEADERS) and not _VARIABLE.search(value):
                raise ValueError(f"headers.{name}: a secret stands in the file; write ${{NAME}} instead")
        return headers


class FolderConnection(Record):
    kind: Literal["folder"]
    path: Path
    every_minutes: int = Field(default=1, ge=1)


Connection = SqlConnection | RestConnection | FolderConnection
_ONE: TypeAdapter[Connection] = TypeAdapter(Annotated[Connection, Field(discriminator="kind")])


def read_connections(path: Path) -> dict[str, Connection]:
    """Name → connection, in the order of the file; nothing where there is no file. Raises ConnectionsInvalid."""
    if not path.exists():
        return {}
    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        raise ConnectionsInvalid(
            f"{path}:{mark.line + 1 if mark else 1}: is no YAML; see Sources in README.md"
        ) from None
    listed = loaded.get("sources") if isinstance(loaded, dict) else None
    only_promises = isinstance(loaded, dict) and set(loaded) == {"freshness"}
    if loaded is not None and not only_promises and not isinstance(listed, dict):
        raise ConnectionsInvalid(f"{path}: needs a `sources:` mapping of name to kind, url and so on")
    return {str(name): _connection(path, str(name), entry) for name, entry in (listed or {}).items()}


def with_secrets(text: str, environment: Mapping[str, str] = os.environ) -> str:
    """The text with every `${NAME}` from the environment. Raises ConnectionsInvalid that names what is missing."""

    def value(found: re.Match[str]) -> str:
        if found[1] not in environment:
            raise ConnectionsInvalid(f"sources.yml asks for ${{{found[1]}}}, which is not set in the environment")
        return environment[found[1]]

    return _VARIABLE.sub(value, text)


def _connection(path: Path, name: str, entry: Any) -> Connection:
    if not re.fullmatch(_NAME, name):
        raise ConnectionsInvalid(f"{path}: sources.{name}: a name is small letters, digits and _, such as shop_orders")
    try:
        return _ONE.validate_python(entry)
    except ValidationError as error:
        first = error.errors()[0]
        kinds = ("sql", "rest", "folder", "link", "page", "offset", "none")
        key = ".".join(str(part) for part in first["loc"] if part not in kinds)
        message = first["msg"].removeprefix("Value error, ")
        where = f"sources.{name}.{key}" if key else f"sources.{name}"
        raise ConnectionsInvalid(f"{path}: {where}: {message}") from None
