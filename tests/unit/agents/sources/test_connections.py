"""sources.yml says what is read, and no secret."""

from pathlib import Path

import pytest

from agents.sources.connections import ConnectionsInvalid, SqlConnection, read_connections, with_secrets

GOOD = """\
sources:
  shop:
    kind: sql
    url: postgresql+psycopg://reader:${SHOP_PASSWORD}@db/shop
    table: costs
  crm:
    kind: rest
    url: https://api.example.com/contacts
    headers: {Authorization: "Bearer ${CRM_TOKEN}"}
    paging: {kind: page}
  drop:
    kind: folder
    path: /srv/exports
"""


def read(folder: Path, text: str) -> dict[str, object]:
    (folder / "sources.yml").write_text(text, encoding="utf-8")
    return dict(read_connections(folder / "sources.yml"))


def test_every_kind_is_read_in_the_order_of_the_file(tmp_path: Path):
    found = read(tmp_path, GOOD)
    assert list(found) == ["shop", "crm", "drop"]
    assert isinstance(found["shop"], SqlConnection)


def test_no_file_is_no_source(tmp_path: Path):
    assert read_connections(tmp_path / "sources.yml") == {}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("sources: {a: {kind: sql, url: 'postgresql://u:secret@db/x', table: t}}", "the password stands in the file"),
        ("sources: {a: {kind: sql, url: 'sqlite:///x.db'}}", "either a query or a table"),
        ("sources: {a: {kind: rest, url: 'https://x', headers: {X-Api-Key: abc}}}", "a secret stands in the file"),
        ("sources: {a: {kind: rest, url: 'ftp://x'}}", "sources.a.url"),
        ("sources: {a: {kind: ftp}}", "sources.a"),
        ("sources: {A B: {kind: folder, path: /x}}", "a name is small letters"),
        ("sources: [", ":1: is no YAML"),
        ("sources: 3", "needs a `sources:` mapping"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, text: str, problem: str):
    with pytest.raises(ConnectionsInvalid, match=problem) as refused:
        read(tmp_path, text)
    assert "secret@" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_secrets_come_from_the_environment():
    assert with_secrets("a ${B} c", {"B": "b"}) == "a b c"
    with pytest.raises(ConnectionsInvalid, match="NOT_SET"):
        with_secrets("${NOT_SET}", {})
