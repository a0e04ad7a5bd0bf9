"""Shopify: products with their variants, and orders of which every product is a row."""

import polars as pl

from agents.sources.entities.layout import EntityLayout, Shaping, fields_of
from agents.sources.entities.shaping import joined, mapped, only
from agents.sources.text.rows import LINE
from storage.contracts.checks import REASON

_OF_PRODUCT = ("title", "type", "category", "brand", "tags", "status", "published", "priority")
"""Said on the first row of a product only."""
_STATES = {"active": "active", "draft": "draft", "archived": "archived", "unlisted": "active"}
_PAYMENT = {
    "paid": "paid",
    "partiallyrefunded": "partly_refunded",
    "refunded": "refunded",
    "voided": "cancelled",
    "expired": "cancelled",
    "pending": "open",
    "authorized": "open",
    "partiallypaid": "open",
    "unpaid": "open",
}
_CAMPAIGN = r"(?i)utm_campaign\s*[:=]\s*([^\n&;,]+)"


def _products(rows: pl.DataFrame, shaping: Shaping) -> dict[str, pl.DataFrame]:
    rows = rows.with_columns(pl.col(name).forward_fill().over("handle") for name in _OF_PRODUCT)
    options = joined("option1", "option2", "option3", separator=" / ")
    rows = rows.with_columns(options=pl.when(~options.str.contains(r"(?i)^default(?: title)?$")).then(options))
    picture = pl.all_horizontal(pl.col(name).is_null() for name in ("sku", "price", "stock", "option1"))
    pictures = rows.select(pl.col(LINE).is_not_null() & picture & (pl.col("handle").cum_count().over("handle") > 1))
    more = pictures.to_series()
    shaping.drop(rows.filter(more).select(LINE, pl.lit("a further picture of a product").alias(REASON)))
    rows = rows.filter(~more)
    twice = rows["sku"].is_not_null() & rows["sku"].is_duplicated()
    if twice.any():
        count = rows.filter(twice)["sku"].n_unique()
        shaping.note(f"{count} SKUs stand at several variants: those are known by handle and options")
    named = joined("handle", "options", separator="/")
    shaped = rows.with_columns(
        id=pl.when(pl.lit(twice)).then(named).otherwise(pl.coalesce("sku", named)),
        title=joined("title", "options", separator=" – "),
        category=pl.coalesce("type", "category"),
        status=pl.coalesce(
            mapped("status", _STATES),
            pl.when(pl.col("published")).then(pl.lit("active")).when(~pl.col("published")).then(pl.lit("draft")),
            pl.lit("active"),
        ),
        price_micros=pl.col("price"),
        # A shop without a former price writes nothing or zero.
        compare_at_micros=pl.when(pl.col("compare_at") > 0).then(pl.col("compare_at")),
        cost_micros=pl.col("cost"),
        stock=pl.when(pl.col("tracker").is_not_null()).then(pl.col("stock"))
        if "tracker" in shaping.has
        else pl.col("stock"),
        priority=pl.coalesce(
            "priority", pl.col("tags").str.extract(r"(?i)\bprio(?:rity)?[-_: ]?(\d{1,3})\b").cast(pl.Int64)
        ),
    )
    return {"product": only(shaped, "product")}


def _orders(rows: pl.DataFrame, shaping: Shaping) -> dict[str, pl.DataFrame]:
    rows = rows.with_columns(pl.col("order").forward_fill())
    rows = _each_once(rows, shaping)
    head = pl.col("ordered_at").is_not_null()
    heads = rows.filter(head).unique("order", keep="first", maintain_order=True)
    headless = rows.join(heads, on="order", how="anti")
    shaping.refuse(
        "order", headless.select(LINE, pl.format("order {} has no row with its date and total", "order").alias(REASON))
    )
    rows = rows.join(heads.select("order"), on="order", how="semi", maintain_order="left")
    lines = _lines(rows, heads)
    counted = lines.group_by("order").agg(items=pl.col("quantity").sum())
    orders = heads.join(counted, on="order", how="left", maintain_order="left").with_columns(
        id=pl.col("order"),
        status=_status(),
        gross_micros=pl.col("total"),
        discount_micros=pl.col("discount"),
        shipping_micros=pl.col("shipping"),
        tax_micros=pl.col("taxes"),
        refunded_micros=pl.when(pl.col("refunded") > 0).then(pl.col("refunded")),
        updated_at=pl.max_horizontal("paid_at", "fulfilled_at", "cancelled_at"),
        campaign=pl.coalesce("campaign", pl.col("attributes").str.extract(_CAMPAIGN).str.strip_chars()),
        country=pl.coalesce("shipping_country", "billing_country"),
    )
    return {"order": only(orders, "order"), "order_line": only(lines, "order_line")}


def _lines(rows: pl.DataFrame, heads: pl.DataFrame) -> pl.DataFrame:
    """The products of the orders, numbered within each, with what only the first row of an order says."""
    said = heads.select("order", pl.col("ordered_at").alias("at"), pl.col("currency").alias("code"))
    lines = rows.filter(pl.col("item").is_not_null() | pl.col("sku").is_not_null())
    return lines.join(said, on="order", how="left", maintain_order="left").with_columns(
        position=pl.int_range(1, pl.len() + 1).over("order"),
        ordered_at=pl.col("at"),
        currency=pl.col("code"),
        product=pl.coalesce("sku", "item"),
        title=pl.col("item"),
        price_micros=pl.col("item_price"),
        discount_micros=pl.col("item_discount"),
    )


def _status() -> pl.Expr:
    back = pl.col("refunded").fill_null(0)
    return (
        pl.when(pl.col("cancelled_at").is_not_null())
        .then(pl.lit("cancelled"))
        .when((back > 0) & (back >= pl.col("total")))
        .then(pl.lit("refunded"))
        .when(back > 0)
        .then(pl.lit("partly_refunded"))
        .otherwise(pl.coalesce(mapped("payment", _PAYMENT), pl.lit("open")))
    )


def _each_once(rows: pl.DataFrame, shaping: Shaping) -> pl.DataFrame:
    """The rows without orders that stand in the file a second time, as when two exports were pasted together."""
    head = pl.col("ordered_at").is_not_null()
    rows = rows.with_columns(part=head.cum_sum().over("order"))
    columns = [name for name in rows.columns if name not in (LINE, "part")]
    firsts = rows.filter(head).with_columns(again=~pl.struct(columns).is_first_distinct())
    again = firsts.filter("again").select("order", "part")
    if not again.height:
        return rows
    repeated = rows.join(again, on=["order", "part"], how="semi", maintain_order="left")
    shaping.drop(repeated.select(LINE, pl.format("order {} stands in the file once more", "order").alias(REASON)))
    return rows.join(again, on=["order", "part"], how="anti", maintain_order="left")


SHOPIFY_PRODUCTS = EntityLayout(
    name="shopify/products",
    source="shopify",
    datasets=("product",),
    fields=fields_of("""
        handle text: Handle | URL handle
        title text: Title
        brand text: Vendor
        type text: Type | Product Type | Custom Product Type
        category text: Product Category | Standard Product Type | Standardized Product Type
            | Google Shopping / Google Product Category
        tags text: Tags
        published flag?: Published | Published on online store
        status text: Status
        option1 text: Option1 Value
        option2 text: Option2 Value
        option3 text: Option3 Value
        sku id: Variant SKU | SKU
        tracker text: Variant Inventory Tracker | Inventory tracker
        stock whole: Variant Inventory Qty | Inventory quantity
        price money: Variant Price | Price
        compare_at money: Variant Compare At Price | Compare-at price
        cost money: Cost per item | Variant Cost
        currency text: Currency
        priority whole?: Priority (product.metafields.custom.priority) | Metafield: custom.priority [number_integer]
            | Priority
    """),
    needs=("handle", "title", "price|sku"),
    signs="Variant Price | Variant SKU | Variant Inventory Qty | URL handle | Body (HTML) | Compare-at price",
    shape=_products,
    folds=True,
    group="handle",
    currency="currency",
)

SHOPIFY_ORDERS = EntityLayout(
    name="shopify/orders",
    source="shopify",
    datasets=("order", "order_line"),
    fields=fields_of("""
        order id: Name | Order Name | Order
        email email*: Email | Contact Email
        payment text: Financial Status
        ordered_at moment: Created at
        paid_at moment: Paid at
        fulfilled_at moment: Fulfilled at
        cancelled_at moment: Cancelled at
        currency text: Currency
        total money: Total
        shipping money: Shipping
        taxes money: Taxes
        discount money: Discount Amount
        discount_codes text: Discount Code
        refunded money: Refunded Amount
        quantity whole: Lineitem quantity
        item text: Lineitem name
        item_price money: Lineitem price
        sku id: Lineitem sku
        item_discount money: Lineitem discount
        channel text: Source
        attributes text*: Note Attributes
        campaign text: UTM Campaign | Campaign
        customer id*: Customer ID
        shipping_country text: Shipping Country
        billing_country text: Billing Country
    """),
    needs=("order", "item|sku", "item_price"),
    musts=("ordered_at", "total", "payment"),
    signs="Lineitem name | Lineitem quantity | Lineitem price",
    shape=_orders,
    folds=True,
    group="order",
    currency="currency",
)

LAYOUTS = (SHOPIFY_PRODUCTS, SHOPIFY_ORDERS)
