"""Databases of others are read and nothing else."""

import sqlite3
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from storage.foreign import ForeignDatabase, ForeignQueryInvalid, ForeignUnavailable, Position, table_query, text_of


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE orders (id INTEGER, paid TEXT, note TEXT)")
        rows = [(number, f"{number}.10", "at 10:30") for number in range(1, 12_001)]
        connection.executemany("INSERT INTO orders VALUES (?, ?, ?)", rows)
    connection.close()
    return path


def ids(path: Path, query: str, *, after: Position | None = None) -> list[int]:
    database = ForeignDatabase(f"sqlite:///{path}")
    try:
        return [row[0] for _, rows in database.rows(query, cursor="id", after=after) for row in rows]
    finally:
        database.close()


def test_all_rows_come_in_order_a_piece_at_a_time(shop: Path):
    database = ForeignDatabase(f"sqlite:///{shop}")
    pieces = list(database.rows("SELECT id, paid FROM orders ORDER BY id DESC", cursor="id"))
    database.close()
    assert [len(rows) for _, rows in pieces] == [5_000, 5_000, 2_000]
    assert pieces[0][0] == ("id", "paid")
    assert pieces[0][1][0] == (1, "1.10")


def test_a_read_goes_on_from_a_value_that_value_included(shop: Path):
    assert ids(shop, "SELECT * FROM orders", after=11_998) == [11_998, 11_999, 12_000]


def test_a_colon_in_the_query_is_no_parameter(shop: Path):
    assert ids(shop, "SELECT id FROM orders WHERE note = 'at 10:30' AND id < 3") == [1, 2]


@pytest.mark.parametrize(
    "query", ["DELETE FROM orders", "SELECT 1; DELETE FROM orders", "UPDATE orders SET id = 1", "", "PRAGMA x"]
)
def test_only_a_select_is_taken(shop: Path, query: str):
    with pytest.raises(ForeignQueryInvalid):
        ids(shop, query)


def test_a_select_that_writes_is_stopped_by_the_database(shop: Path):
    with pytest.raises(ForeignUnavailable):
        ids(shop, "WITH x AS (SELECT 1 AS id) SELECT id FROM x, pragma_nonsense")
    assert len(ids(shop, table_query("orders"))) == 12_000


def test_a_missing_file_is_not_made(tmp_path: Path):
    with pytest.raises(ForeignUnavailable, match="no such file"):
        ids(tmp_path / "none.db", "SELECT 1 AS id")
    assert not (tmp_path / "none.db").exists()


def test_a_password_is_never_shown():
    assert "secret" not in ForeignDatabase("postgresql+psycopg://u:secret@127.0.0.1:1/x").shown


@pytest.mark.parametrize("url", ["nonsense", "nosuch://x", "mysql+nodriver://x"])
def test_a_url_that_names_no_database_is_said(url: str):
    with pytest.raises(Exception, match=r"URL|driver|dialect") as refused:
        ForeignDatabase(url)
    assert isinstance(refused.value, ForeignQueryInvalid)


@pytest.mark.parametrize("name", ["orders; DROP", "a.b.c", "1x", ""])
def test_a_table_is_a_plain_name(name: str):
    with pytest.raises(ForeignQueryInvalid):
        table_query(name)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (12, "12"),
        (Decimal("1E+3"), "1000"),
        (0.1, "0.1"),
        (1e22, "10000000000000000000000"),
        (date(2025, 5, 1), "2025-05-01"),
        (datetime(2025, 5, 1, 9, tzinfo=UTC), "2025-05-01T09:00:00+00:00"),
        (b"\x01", "01"),
    ],
)
def test_values_are_text_that_reads_back(value: object, text: str):
    assert text_of(value) == text
