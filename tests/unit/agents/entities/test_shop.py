"""Shopify's products and orders come to the figures of the shop."""

from decimal import Decimal
from pathlib import Path

from tests.unit.agents.entities.files import at, got, known, refusal, sample, written

ORDERS = (
    "Name,Email,Financial Status,Currency,Total,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku"
)


def test_several_rows_are_one_order_with_its_products():
    orders = sample("shopify_orders.csv")
    first, second, third, fourth = orders.rows("order")
    assert (first["id"], first["gross_micros"], first["items"], first["status"]) == ("#1001", 64_900_000, 3, "paid")
    assert (first["email"], first["campaign"], first["country"]) == ("ada@example.com", "Spring Sale", "GB")
    assert (first["discount_micros"], first["shipping_micros"], first["tax_micros"]) == (
        5_000_000,
        4_900_000,
        10_820_000,
    )
    assert (second["status"], second["refunded_micros"], second["currency"]) == ("partly_refunded", 275_000_000, "USD")
    assert second["ordered_at"] == at("2026-02-02 04:30")
    assert (third["status"], fourth["status"]) == ("cancelled", "refunded")
    lines = orders.rows("order_line")
    assert [(line["order"], line["position"], line["product"], line["quantity"]) for line in lines] == [
        ("#1001", 1, "TEE-S", 2), ("#1001", 2, "MUG-1", 1), ("#1002", 1, "Lamp", 4), ("#1003", 1, "TEE-S", 1),
        ("#1004", 1, "TEE-S", 3),
    ]  # fmt: skip
    assert lines[1]["ordered_at"] == at("2026-02-01 10:00")
    assert lines[1]["currency"] == "GBP"
    assert orders.tally.amounts == {"order": {"GBP": Decimal("104.90"), "USD": Decimal("1100.00")}}
    assert orders.tally.days == 3 + 1


def test_an_order_that_cannot_be_read_is_set_aside_with_all_its_rows():
    orders = sample("shopify_orders.csv")
    assert orders.reasons() == {
        10: "column “Total”: “not a price” is not a number",
        11: "belongs to line 10, which cannot be read",
    }
    assert orders.dropped() == {12: "order #1004 stands in the file once more"}


def test_an_order_without_its_first_row_is_set_aside(tmp_path: Path):
    rows = [f"#{n},a@x.com,paid,EUR,10.00,2026-02-01 10:00:00 +0100,1,Tee,10.00,T" for n in range(30)]
    rows.insert(0, "#999,a@x.com,,,,,2,Mug,5.00,M")
    orders = got(known(written(tmp_path, "\n".join([ORDERS, *rows, ""]))))
    assert orders.reasons() == {2: "order #999 has no row with its date and total"}
    assert orders.tally.rows_by_dataset == {"order": 30, "order_line": 30}


def test_order_columns_filled_in_on_every_row_are_one_order_still(tmp_path: Path):
    row = "#1,a@x.com,paid,EUR,30.00,2026-02-01 10:00:00 +0100,{},{},{},{}"
    text = "\n".join([ORDERS, row.format(1, "Tee", "10.00", "T"), row.format(2, "Mug", "10.00", "M"), ""])
    orders = got(known(written(tmp_path, text)))
    assert orders.tally.amounts == {"order": {"EUR": Decimal("30.00")}}
    assert orders.column("order", "items") == [3]
    assert orders.column("order_line", "position") == [1, 2]


def test_orders_without_a_currency_are_refused_with_the_way_out(tmp_path: Path):
    text = ORDERS.replace("Currency,", "") + "\n#1,a@x.com,paid,10.00,2026-02-01 10:00:00 +0100,1,Tee,10.00,T\n"
    path = written(tmp_path, text)
    assert "--currency" in refusal(path).remedy
    assert got(known(path, currency="EUR")).column("order", "currency") == ["EUR"]


def test_variants_pictures_and_repeated_skus_of_products():
    products = sample("shopify_products.csv", currency="GBP")
    small, medium, card, mug, cup = products.rows("product")
    assert (small["id"], small["title"], small["price_micros"]) == ("TEE-S", "Tee, soft – S / Red", 499_000_000)
    assert (small["compare_at_micros"], small["cost_micros"], small["priority"]) == (599_000_000, 100_000_000, 1)
    assert (medium["id"], medium["stock"], medium["status"], medium["brand"]) == ("TEE-M", -2, "active", "Acme")
    assert medium["compare_at_micros"] is None
    assert (card["id"], card["stock"], card["status"]) == ("gift-card", None, "draft")
    assert (mug["id"], mug["price_micros"], mug["status"]) == ("mug", 1_250_500_000, "archived")
    assert cup["id"] == "cup"
    assert products.dropped() == {5: "a further picture of a product"}


def test_products_without_a_currency_land_without_prices():
    products = sample("shopify_products.csv")
    assert products.column("product", "price_micros") == [None] * 5
    assert products.column("product", "stock") == [5, -2, None, 12, 7]
    assert "amounts without a currency are left out: say --currency to keep them" in products.tally.notes


def test_products_under_the_new_headers(tmp_path: Path):
    text = (
        "Title,URL handle,Description,Vendor,Product category,Type,Tags,Published on online store,Status,SKU,"
        "Option1 name,Option1 value,Price,Compare-at price,Cost per item,Inventory tracker,Inventory quantity\n"
        'Tee,tee,,Acme,Apparel > Shirts,,"prio 2",TRUE,Unlisted,T-1,Title,Default Title,"€19,90",,"€5,00",shopify,3\n'
    )
    (row,) = got(known(written(tmp_path, text))).rows("product")
    assert (row["id"], row["price_micros"], row["currency"], row["category"]) == (
        "T-1",
        19_900_000,
        "EUR",
        "Apparel > Shirts",
    )
    assert (row["status"], row["priority"], row["stock"]) == ("active", 2, 3)


def test_a_negative_price_sets_its_product_aside(tmp_path: Path):
    rows = [f"h{n},T{n},S{n},{n}.00" for n in range(40)]
    rows[3] = "h3,T3,S3,-1.00"
    text = "\n".join(["Handle,Title,Variant SKU,Variant Price", *rows, ""])
    products = got(known(written(tmp_path, text), currency="USD"))
    assert products.reasons() == {5: "price_micros is -1000000, must be at least 0"}
