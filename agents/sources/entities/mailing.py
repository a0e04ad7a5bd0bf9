"""Members of mailing lists: Klaviyo and Mailchimp."""

import re
from pathlib import Path

import polars as pl

from agents.sources.entities.crm import PERSON
from agents.sources.entities.layout import EntityLayout, Shaping, fields_of
from agents.sources.entities.shaping import digests, joined, one_person_each, only, withdrawn

_MAILCHIMP_FILE = re.compile(
    r"(?P<state>subscribed|unsubscribed|cleaned|nonsubscribed|transactional)_"
    r"(?:members|email_audience|audience)?_?(?:export)?_?(?P<list>[0-9a-f]{6,})?"
)


def _klaviyo(rows: pl.DataFrame, shaping: Shaping) -> dict[str, pl.DataFrame]:
    suppressed = pl.col("suppressed").str.contains(r"[A-Za-z]") & ~pl.col("suppressed").str.contains(
        r"(?i)^(?:false|no)$"
    )
    return {"lead": _members(rows, shaping, list_name=_stem(shaping.path), out=suppressed)}


def _mailchimp(rows: pl.DataFrame, shaping: Shaping) -> dict[str, pl.DataFrame]:
    match = _MAILCHIMP_FILE.match(shaping.path.name)
    state = match["state"] if match else ""
    inside = {"subscribed": True, "unsubscribed": False, "cleaned": False, "nonsubscribed": False}.get(state)
    if inside is None:
        shaping.note("the file's name does not say whether its members are subscribed: consent is left open")
    rows = rows.with_columns(
        consented=pl.lit(inside, dtype=pl.Boolean), created_at=pl.coalesce("opted_in_at", "confirmed_at")
    )
    out = pl.col("unsubscribed_at").is_not_null() | pl.col("cleaned_at").is_not_null()
    return {"lead": _members(rows, shaping, list_name=(match and match["list"]) or _stem(shaping.path), out=out)}


def _members(rows: pl.DataFrame, shaping: Shaping, *, list_name: str, out: pl.Expr) -> pl.DataFrame:
    shaped = rows.with_columns(
        # An address is a person's: where there is no other id, a digest stands for it.
        id=pl.coalesce("id", digests(rows["email"])),
        name=pl.coalesce(joined("first_name", "last_name"), "full_name"),
        audience=pl.lit(list_name),
        stage=pl.lit("subscriber"),
        aliases=pl.lit(None, dtype=pl.String),
    ).with_columns(withdrawn("consented", where=out))
    return only(one_person_each(shaped, shaping), "lead")


def _stem(path: Path) -> str:
    """A list's name from its file: "VIP customers (2026-02-01).csv" → "VIP customers"."""
    bare = re.sub(r"[\s_-]*\(?\d{4}[-_.]?\d{2}[-_.]?\d{2}.*$", "", path.stem)
    return bare.strip(" _-") or path.stem


KLAVIYO_MEMBERS = EntityLayout(
    name="klaviyo/members",
    source="klaviyo",
    datasets=("lead",),
    fields=(
        *fields_of("""
        id id: Klaviyo ID | Profile ID | $id
        """),
        *PERSON,
        *fields_of("""
        company text: Organization | Company
        created_at moment?: Profile Created On | Profile Created | Date Added | Created | First Active
        updated_at moment?: Profile Updated On | Last Updated | Updated | Last Active | Last Event Date
        consented flag?: Email Marketing Consent | Email Consent Status | Email Consent | Accepts Marketing
            | $consent | Consent
        suppressed text: Email Suppressions | Email Suppression | Suppressed | Suppression Reason
        origin text: Source | Initial Source | $source | Initial Referring Domain
        campaign text: Initial UTM Campaign | UTM Campaign | Initial Source Campaign
        """),
    ),
    needs=("email",),
    signs="Klaviyo ID | Email Marketing Consent | Email Suppressions | Profile Created On | $consent | $id",
    shape=_klaviyo,
    folds=True,
)

MAILCHIMP_MEMBERS = EntityLayout(
    name="mailchimp/members",
    source="mailchimp",
    datasets=("lead",),
    fields=(
        *fields_of("""
        id id: EUID | UNIQUE_EMAIL_ID | LEID
        """),
        *PERSON,
        *fields_of("""
        company text: Company
        opted_in_at moment?: OPTIN_TIME
        confirmed_at moment?: CONFIRM_TIME
        updated_at moment?: LAST_CHANGED
        unsubscribed_at moment?: UNSUB_TIME
        cleaned_at moment?: CLEAN_TIME
        origin text: SOURCE | Signup Source
        campaign text: UTM Campaign
        """),
    ),
    needs=("email",),
    signs="MEMBER_RATING | OPTIN_TIME | CONFIRM_TIME | LEID | EUID",
    shape=_mailchimp,
    folds=True,
)

LAYOUTS = (KLAVIYO_MEMBERS, MAILCHIMP_MEMBERS)
