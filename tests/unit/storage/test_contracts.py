"""Contracts as columns and checks: what is right goes on, what is wrong says why, and nothing is cast in silence."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.contracts.checks import FrameMisfit, check, conform, quarantined
from storage.contracts.columns import columns_of, key_of, may_see, personal_of, schema_of, stored_schema_of
from storage.contracts.entities import ENTITIES, ExchangeRate, Lead, Order, Product, Ticket
from storage.contracts.entity import Entity

NOW = datetime(2025, 8, 1, 12, tzinfo=UTC)
PRODUCT = {"source": "shop", "id": "A-1", "title": "Cup"}
ORDER = {
    "source": "shop",
    "id": "1",
    "ordered_at": NOW,
    "status": "paid",
    "currency": "GBP",
    "gross_micros": 12_000_000,
}


def frame(entity: type[Entity], *rows: dict[str, Any]) -> pl.DataFrame:
    names = {name for row in rows for name in row}
    return pl.DataFrame(
        rows, schema={name: kind for name, kind in schema_of(entity).items() if name in names}, orient="row"
    )


@pytest.mark.parametrize("entity", ENTITIES, ids=lambda one: one.dataset)
def test_every_contract_has_a_column_for_each_field_and_the_lakes_stamps(entity: type[Entity]):
    assert schema_of(entity).names() == list(entity.model_fields)
    assert stored_schema_of(entity).names() == [*entity.model_fields, "load_id", "known_at"]
    assert key_of(entity)[:3] == ("source", "simulated", "account")
    assert len(key_of(entity)) > 3
    amounts = [one.name for one in columns_of(entity) if one.unit == "micros"]
    assert not amounts or "currency" in schema_of(entity)
    assert entity.happened is None or entity.happened in schema_of(entity)


def test_marks_become_what_the_vault_and_the_checks_need():
    assert personal_of(Lead) == {"id": "id", "email": "email", "name": "name", "phone": "phone", "aliases": "ids"}
    assert personal_of(Product) == {}
    assert may_see(ENTITIES, "email") == {"admin"}
    assert may_see(ENTITIES, "id") == {"admin", "approver", "operator"}
    assert may_see(ENTITIES, "text") == {"admin", "operator"}, "where contracts differ, the stricter one counts"


def test_missing_columns_are_filled_as_the_contract_says_and_stand_in_its_order():
    whole = conform(frame(Product, PRODUCT), Product)
    assert whole.schema == schema_of(Product)
    assert whole.row(0, named=True) == {
        **dict.fromkeys(schema_of(Product)),
        **PRODUCT,
        "simulated": False,
        "account": "",
        "line": 0,
        "status": "active",
    }


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"extra": pl.lit(1)}, "column extra is unknown"),
        ({"stock": pl.lit(2.7)}, "stock is Float64, not Int64"),
        ({"id": pl.lit(1)}, "id is Int32, not String"),
        ({"price_micros": pl.lit("12")}, "price_micros is String, not Int64"),
    ],
)
def test_a_frame_of_other_columns_is_a_mistake_and_never_cast(wrong: dict[str, pl.Expr], problem: str):
    with pytest.raises(FrameMisfit) as caught:
        conform(frame(Product, PRODUCT).with_columns(**wrong), Product)
    assert caught.value.problems == (problem,)
    with pytest.raises(FrameMisfit, match="column title is missing"):
        conform(frame(Product, PRODUCT).drop("title"), Product)


def test_naive_moments_do_not_fit():
    naive = frame(Order, ORDER).with_columns(pl.col("ordered_at").dt.replace_time_zone(None))
    with pytest.raises(FrameMisfit, match="ordered_at is Datetime"):
        check(naive, Order)


@pytest.mark.parametrize(
    ("entity", "base", "wrong", "reason"),
    [
        (Product, PRODUCT, {"id": " "}, "id is missing"),
        (Product, PRODUCT, {"id": None}, "id is missing"),
        (Product, PRODUCT, {"title": None}, "title is missing"),
        (Product, PRODUCT, {"status": "gone"}, "status is gone, must be one of active, draft, archived"),
        (Product, PRODUCT, {"cost_micros": -1, "currency": "GBP"}, "cost_micros is -1, must be at least 0"),
        (Product, PRODUCT, {"cost_micros": 5}, "an amount has no currency"),
        (Order, ORDER, {"currency": "gbp"}, "currency is gbp, must be three capital letters"),
        (Order, ORDER, {"ordered_at": None}, "ordered_at is missing"),
        (Order, ORDER, {"ordered_at": NOW + timedelta(days=2)}, "ordered_at is 2025-08-03, which lies in the future"),
        (
            ExchangeRate,
            {"source": "finance", "base": "GBP", "quote": "EUR", "rate_nano": 1, "day": date(2025, 8, 1)},
            {"day": date(2025, 8, 9)},
            "day is 2025-08-09, which lies in the future",
        ),
    ],
)
def test_a_row_that_breaks_the_contract_says_why_and_the_others_go_on(
    entity: type[Entity], base: dict[str, Any], wrong: dict[str, Any], reason: str
):
    rows = frame(entity, base, {**base, **wrong})
    checked = check(rows, entity, now=NOW)
    assert checked.good.height == 1
    assert checked.good.schema == schema_of(entity)
    assert checked.broken["reason"].to_list() == [reason]


def test_all_reasons_of_a_row_are_given_at_once():
    broken = check(frame(Product, {**PRODUCT, "id": "", "priority": 0}), Product).broken
    assert broken["reason"].item() == "id is missing; priority is 0, must be at least 1"


def test_stock_may_be_negative_and_what_merely_is_has_no_future():
    assert check(frame(Product, {**PRODUCT, "stock": -3}), Product, now=NOW).broken.is_empty()


def test_broken_rows_become_rows_to_set_aside_with_their_personal_cells_named():
    row = {"source": "hubspot", "id": "", "email": "jane@x.com", "line": 7}
    (told,) = quarantined(check(frame(Lead, row), Lead).broken, Lead)
    assert (told.dataset, told.line, told.reason) == ("lead", 7, "id is missing")
    assert told.cells["email"] == "jane@x.com"
    assert told.personal == ("id", "email")


TICKETS = st.fixed_dictionaries(
    {
        "source": st.just("zendesk"),
        "id": st.sampled_from(["1", "", " ", None]),
        "opened_at": st.sampled_from([NOW, None]),
        "state": st.sampled_from(["open", "closed", "burning", None]),
        "reopened": st.sampled_from([0, 3, -1, None]),
    }
)


@given(st.lists(TICKETS, max_size=8))
@settings(max_examples=60)
def test_checks_over_frames_agree_with_the_model_row_by_row(rows: list[dict[str, Any]]):
    """The same rows held against pydantic and the marks, one at a time."""
    checked = check(frame(Ticket, *rows) if rows else schema_of(Ticket).to_frame(), Ticket)
    right = [
        row
        for row in rows
        if (row["id"] or "").strip()
        and row["opened_at"]
        and row["state"] in ("open", "closed")
        and (row["reopened"] is None or row["reopened"] >= 0)
    ]
    assert checked.good.height == len(right)
    assert checked.broken.height == len(rows) - len(right)
    assert all(checked.broken["reason"].to_list())
    for told in checked.good.iter_rows(named=True):
        Ticket.model_validate(told)


def test_no_column_of_a_contract_is_a_float_so_that_money_stays_exact():
    kinds = {kind for entity in ENTITIES for kind in schema_of(entity).dtypes()}
    assert not any(kind.is_float() for kind in kinds)
    assert Decimal not in kinds
