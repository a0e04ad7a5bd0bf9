"""Ten exports as a shop's marketing team has them: other tools, other languages, other encodings, one that nobody knows.

Made from a seed up to a given day, so that what is in them is known; written from the quirks of real exports.
"""

import csv
import io
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

DAYS = 60
_MISSING = " --"
_NAMES = ("Ada King", "Bo Lind", "Chloé Martin", "Dan O'Neil", "Eva Søby", "Farid Aziz", "Gül Öz", "Hana Kim")


@dataclass(frozen=True)
class Made:
    """What is in the files."""

    paths: tuple[Path, ...]
    google_gbp: Decimal
    meta_eur: Decimal
    linkedin_usd: Decimal
    orders: int
    contacts: int


def ten_exports(folder: Path, last: date, *, seed: int = 7) -> Made:
    """Write the files into the folder; the newest day in them is `last`, or some days before it."""
    dice = random.Random(seed)
    days = [last - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    google, google_gbp = _google(dice, days)
    meta, meta_eur = _meta_german(dice, days)
    linkedin, linkedin_usd = _linkedin(dice, days[:-9])
    orders, lines = _orders(dice, days)
    texts: dict[str, str] = {
        "Meta-Kampagnen Brightwell.csv": meta,
        "campaign_performance_report.csv": linkedin,
        "Campaign performance report (Bing).csv": _microsoft(dice, days),
        "Traffic_acquisition_Session_primary_channel_group.csv": _ga4(dice, days),
        "Klaviyo campaigns export.csv": _klaviyo(dice, days),
        "hubspot-crm-exports-all-contacts.csv": _hubspot(dice, days),
        "orders_export_1.csv": lines,
        "zendesk-tickets.csv": _zendesk(dice, days),
        "influencer partners.csv": _partners(dice, days),
    }
    paths = [folder / "Campaign report.csv"]
    paths[0].write_bytes(b"\xff\xfe" + google.encode("utf-16-le"))
    for name, text in texts.items():
        paths.append(folder / name)
        paths[-1].write_text(text, encoding="utf-8-sig" if name.startswith("Meta") else "utf-8", newline="")
    return Made(tuple(paths), google_gbp, meta_eur, linkedin_usd, orders, 120)


def _google(dice: random.Random, days: Sequence[date]) -> tuple[str, Decimal]:
    """A campaign report by day: UTF-16 and tabs, two lines before the header, total rows that include what is gone."""
    rows, cost, sums = [], Decimal(0), [0, 0]
    for name, kind, budget in (
        ("Brand | Search", "Search", 40), ("Solar panels, roofs | Search", "Search", 120),
        ("All products | PMax", "Performance Max", 90), ("Remarketing", "Display", 25),
    ):  # fmt: skip
        for day in days:
            if name == "Remarketing" and 20 < (days[-1] - day).days < 26:
                continue
            spent = Decimal(dice.randint(budget * 70, budget * 110)) / 100
            shown, clicks = dice.randint(900, 30_000), dice.randint(20, 400)
            cost, sums = cost + spent, [sums[0] + shown, sums[1] + clicks]
            rows.append(
                ("Enabled", name, f"{budget}.00", "Daily", kind, "GBP", day.isoformat(), f"{shown:,}", str(clicks),
                 f"{spent:.2f}", f"{clicks / 25:.2f}", f"{clicks * 3:,}.00", dice.choice(["< 10%", "41.20%", _MISSING]))
            )  # fmt: skip
    head = ("Campaign status", "Campaign", "Budget", "Budget type", "Campaign type", "Currency code", "Day", "Impr.",
            "Clicks", "Cost", "Conversions", "Conv. value", "Search impr. share")  # fmt: skip
    total = ("Total: Campaigns", *[_MISSING] * 4, "GBP", _MISSING, f"{sums[0]:,}", f"{sums[1]:,}", f"{cost:.2f}",
             _MISSING, _MISSING, _MISSING)  # fmt: skip
    account = ("Total: Account", *[_MISSING] * 4, "GBP", _MISSING, f"{sums[0] * 3:,}", f"{sums[1] * 2:,}",
               f"{cost * 2:.2f}", _MISSING, _MISSING, _MISSING)  # fmt: skip
    span = f"{days[0]:%B} {days[0].day}, {days[0].year} - {days[-1]:%B} {days[-1].day}, {days[-1].year}"
    return f"Campaign report\n{span}\n" + _table([head, *rows, total, account], delimiter="\t"), cost


def _meta_german(dice: random.Random, days: Sequence[date]) -> tuple[str, Decimal]:
    """German headers, semicolons and decimal commas, and a summary row without names."""
    head = ("Name der Kampagne", "Tag", "Auslieferung der Kampagne", "Attributionseinstellung", "Ergebnisse",
            "Ergebnisindikator", "Reichweite", "Ausgegebener Betrag (EUR)", "Impressionen", "Link-Klicks",
            "Berichtsstart", "Berichtsende")  # fmt: skip
    rows, cost = [], Decimal(0)
    for name, budget in (("Herbst | Prospecting", 60), ("Retargeting – Warenkorb", 30)):
        for day in days:
            spent = Decimal(dice.randint(budget * 80, budget * 120)) / 100
            cost += spent
            bought = dice.randint(0, 6)
            rows.append(
                (name, f"{day:%d.%m.%Y}", "active", "7 Tage Klick oder 1 Tag View", str(bought or ""),
                 "actions:offsite_conversion.fb_pixel_purchase" if bought else "", str(dice.randint(500, 4000)),
                 _comma(spent), f"{dice.randint(4000, 20000):,}".replace(",", "."), str(dice.randint(20, 220)),
                 f"{days[0]:%d.%m.%Y}", f"{days[-1]:%d.%m.%Y}")
            )  # fmt: skip
    summary = ("", "", "", "", "", "", "", _comma(cost), "", "", f"{days[0]:%d.%m.%Y}", f"{days[-1]:%d.%m.%Y}")
    return _table([head, *rows, summary], delimiter=";", end="\r\n"), cost


def _linkedin(dice: random.Random, days: Sequence[date]) -> tuple[str, Decimal]:
    head = ("Start Date (in UTC)", "Account Name", "Currency", "Campaign Group Name", "Campaign Name", "Campaign ID",
            "Impressions", "Clicks", "Total Spent", "Conversions", "Leads")  # fmt: skip
    rows, cost = [], Decimal(0)
    for day in days:
        spent = Decimal(dice.randint(3000, 120_000)) / 100
        cost += spent
        rows.append(
            (f"{day.month}/{day.day}/{day.year}", "Brightwell", "USD", "Default", "Installers, decision makers", "601",
             f"{dice.randint(800, 12000):,}", str(dice.randint(4, 90)), f"{spent:,.2f}", "1", str(dice.randint(0, 4)))
        )  # fmt: skip
    said = [
        '"Campaign Performance Report (in UTC)"',
        f'"Report Start: {days[0]:%B} {days[0].day}, {days[0].year}, 12:00 AM"',
        f'"Report End: {days[-1]:%B} {days[-1].day}, {days[-1].year}, 11:59 PM"',
        "",
    ]
    return "\n".join(said) + "\n" + _table([head, *rows]), cost


def _microsoft(dice: random.Random, days: Sequence[date]) -> str:
    said = [
        '"Report Name: Campaign performance"',
        f'"Report Time: {days[0].month}/{days[0].day}/{days[0].year},{days[-1].month}/{days[-1].day}/{days[-1].year}"',
        '"Time Zone: (GMT) Greenwich Mean Time : Dublin, Edinburgh, Lisbon, London"',
        '"Report Aggregation: Daily"',
        f'"Rows: {len(days)}"',
        "",
    ]
    head = ("TimePeriod", "AccountName", "AccountNumber", "CampaignName", "CampaignId", "CurrencyCode", "Impressions",
            "Clicks", "Ctr", "Spend", "Conversions", "Revenue")  # fmt: skip
    rows = [
        (day.isoformat(), "Brightwell", "F107ABCD", "Solar, UK", "[82945799304067]", "GBP",
         f"{dice.randint(500, 4000):,}", str(dice.randint(5, 60)), "2.10%", f"{dice.randint(500, 3000) / 100:.2f}",
         str(dice.randint(0, 3)), f"{dice.randint(0, 40000) / 100:.2f}")
        for day in days
    ]  # fmt: skip
    made = f'"©{days[-1].year} Microsoft Corporation. All rights reserved. "'
    return "\n".join(said) + "\n" + _table([head, *rows], quote_all=True) + f"\n{made}\n"


def _ga4(dice: random.Random, days: Sequence[date]) -> str:
    """A comment block and a table by day and channel."""
    said = [
        "# ----------------------------------------",
        "# Traffic acquisition: Session primary channel group (Default Channel Group)",
        "# Account: Brightwell",
        "# Property: brightwell.example",
        "# ----------------------------------------",
        "# ",
        "# All Users",
        f"# Start date: {days[0]:%Y%m%d}",
        f"# End date: {days[-1]:%Y%m%d}",
    ]
    rows = [
        (f"{day:%Y%m%d}", channel, str(dice.randint(20, 900)), str(dice.randint(10, 400)), str(dice.randint(0, 20)),
         f"{dice.randint(0, 90000) / 100:.2f}")
        for day in days
        for channel in ("Organic Search", "Paid Search", "Direct", "Email", "Unassigned")
    ]  # fmt: skip
    head = ("Date", "Session primary channel group (Default Channel Group)", "Sessions", "Engaged sessions",
            "Key events", "Total revenue")  # fmt: skip
    return "\n".join(said) + "\n" + _table([head, *rows])


def _klaviyo(dice: random.Random, days: Sequence[date]) -> str:
    head = ("Campaign Name", "Tags", "Subject", "List", "Send Time", "Send Weekday", "Total Recipients",
            "Unique Placed Order", "Placed Order Rate", "Revenue", "Unique Opens", "Open Rate", "Total Opens",
            "Unique Clicks", "Click Rate", "Total Clicks", "Unsubscribes", "Spam Complaints", "Spam Complaints Rate",
            "Successful Deliveries", "Bounces", "Bounce Rate", "Campaign ID", "Campaign Channel")  # fmt: skip
    rows = []
    for index, day in enumerate(days[::4]):
        sent, clicks = dice.randint(9000, 14_000), dice.randint(90, 700)
        rows.append(
            (f"Newsletter {index + 1}, autumn 🍂", "Email", "Roofs, ready", "All subscribers", f"{day} 10:00:00",
             f"{day:%A}", f"{sent}.0", "23.0", "0.02%", f"{dice.randint(9000, 90000) / 100:.2f}", "4100.0", "41.10%",
             "5200.0", f"{clicks}.0", "4.10%", f"{clicks + 20}.0", "12.0", "0.0", "0.00%", f"{sent - 40}.0", "40.0",
             "0.30%", f"01JQ{index:06d}", "Email")
        )  # fmt: skip
    return _table([head, *rows])


def _hubspot(dice: random.Random, days: Sequence[date]) -> str:
    """Contacts, two of them twice by the case of their address, and a phone number that looks like a formula."""
    head = ("Record ID", "First Name", "Last Name", "Email", "Phone Number", "Lead Status", "Lifecycle Stage",
            "Create Date", "Contact owner", "Original Traffic Source", "Country/Region")  # fmt: skip
    stages = ("Lead", "Marketing Qualified Lead", "Opportunity", "Customer")
    rows = []
    for index in range(120):
        first, _, last = dice.choice(_NAMES).partition(" ")
        day, address = dice.choice(days), f"{first.lower()}.{index // 2 * 2 if index < 4 else index}@example.com"
        address = address.upper() if index in (1, 3) else address
        rows.append(
            (str(9_001 + index), first, last, address, "+44 20 7946 0000", "New", dice.choice(stages),
             f"{day} 09:{index % 60:02d}", dice.choice(["Florent", "Kim", ""]), "Paid Search", "United Kingdom")
        )  # fmt: skip
    return _table([head, *rows])


def _orders(dice: random.Random, days: Sequence[date]) -> tuple[int, str]:
    """Shopify orders with several lines, of which only the first carries the order."""
    head = ("Name", "Email", "Financial Status", "Paid at", "Fulfillment Status", "Accepts Marketing", "Currency",
            "Subtotal", "Shipping", "Taxes", "Total", "Discount Code", "Discount Amount", "Created at",
            "Lineitem quantity", "Lineitem name", "Lineitem price", "Lineitem sku", "Billing Name",
            "Shipping Country", "Cancelled at", "Refunded Amount", "Vendor", "Id", "Source")  # fmt: skip
    rows: list[Sequence[str]] = []
    for index in range(150):
        at = datetime.combine(dice.choice(days), datetime.min.time(), UTC) + timedelta(hours=dice.randint(6, 22))
        written, total = f"{at:%Y-%m-%d %H:%M:%S} +0000", dice.randint(2000, 90_000) / 100
        status = dice.choice(["paid", "paid", "paid", "refunded", "pending"])
        rows.append(
            (f"#{1001 + index}", f"buyer{index}@example.com", status, written, "fulfilled", "yes", "GBP",
             f"{total:.2f}", "4.90", "0.00", f"{total + 4.9:,.2f}", "", "0.00", written, "1", "Panel, small",
             f"{total:.2f}", "PANEL-S", dice.choice(_NAMES), "GB", "",
             f"{total + 4.9:.2f}" if status == "refunded" else "0.00", "Brightwell", str(5001 + index), "web")
        )  # fmt: skip
        if index % 3 == 0:
            rows.append(
                (f"#{1001 + index}", f"buyer{index}@example.com", *[""] * 12, "2", "Cable", "9.00", "CABLE-5M",
                 *[""] * 4, "Brightwell", "", "")
            )  # fmt: skip
    return 150, _table([head, *rows])


def _zendesk(dice: random.Random, days: Sequence[date]) -> str:
    head = ("Summation column", "Id", "Requester", "Requester id", "Requester email", "Assignee", "Group", "Subject",
            "Tags", "Status", "Priority", "Via", "Ticket type", "Created at", "Updated at", "Solved at",
            "Satisfaction Score", "Reopens", "First reply time in minutes")  # fmt: skip
    rows = [
        ("1", str(35_400 + index), dice.choice(_NAMES), str(900 + index), f"buyer{index}@example.com", "Kim", "Support",
         "Where is my panel?", "delivery", "Solved", "Normal", "Mail", "Question", f"{day} 09:00", f"{day} 17:00",
         f"{day} 16:30", "Good", "0", str(dice.randint(4, 600)))
        for index, day in enumerate(days)
    ]  # fmt: skip
    return _table([head, *rows])


def _partners(dice: random.Random, days: Sequence[date]) -> str:
    """What an agency sends: a table of its own making."""
    head = ("Datum", "Partner", "Kosten", "Einblendungen", "Klicks", "Umsatz")
    rows = [
        (f"{day:%d.%m.%Y}", partner, _comma(Decimal(dice.randint(500, 9000)) / 100), str(dice.randint(500, 9000)),
         str(dice.randint(5, 300)), _comma(Decimal(dice.randint(0, 90_000)) / 100))
        for day in days[-20:]
        for partner in ("Gartenliebe", "Haus & Dach")
    ]  # fmt: skip
    return _table([head, *rows], delimiter=";")


def _comma(amount: Decimal) -> str:
    return f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))


def _table(rows: Iterable[Sequence[str]], *, delimiter: str = ",", end: str = "\n", quote_all: bool = False) -> str:
    held = io.StringIO()
    quoting = csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL
    csv.writer(held, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(rows)
    return held.getvalue()
