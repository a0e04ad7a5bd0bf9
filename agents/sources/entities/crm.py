"""CRM exports: HubSpot contacts, deals and e-mail events, Salesforce leads and opportunities."""

import polars as pl

from agents.sources.entities.layout import EntityLayout, Shaping, fields_of
from agents.sources.entities.shaping import digests, joined, mapped, newest, one_person_each, only
from agents.sources.text.json_text import json_object

PERSON = fields_of("""
    email email*: Email | E-Mail | Email Address | E-mail address | E-Mail-Adresse | Correo | Adresse e-mail
    first_name text*: First Name | Vorname | Prénom | Nombre
    last_name text*: Last Name | Surname | Nachname | Nom | Nom de famille | Apellidos
    full_name text*: Full Name | Name | Contact name
    phone text*: Phone Number | Phone | Mobile Phone Number | MobilePhone | Mobile | Telefonnummer
        | Numéro de téléphone
    country text: Country/Region | Country | CC | Land/Region | Pays/région
    """)
"""What most lists of people say; CC is the country that a mailing tool sees."""

_STAGES = {
    "subscriber": "subscriber",
    "lead": "lead",
    "marketingqualifiedlead": "qualified",
    "salesqualifiedlead": "qualified",
    "mql": "qualified",
    "sql": "qualified",
    "opportunity": "opportunity",
    "customer": "customer",
    "evangelist": "customer",
}
_LOST = r"(?i)lost|unqualified|disqualified|not converted|verloren|perdu|perdid|persa"
_WON = r"(?i)\bwon\b|closedwon|gewonnen|gagn[ée]|ganad|vinta"
_PAID = r"(?i)paid|email|e-mail"


def _hubspot_contacts(rows: pl.DataFrame, shaping: Shaping) -> dict[str, pl.DataFrame]:
    shaped = rows.with_columns(
        name=pl.coalesce(joined("first_name", "last_name"), "full_name"),
        stage=pl.when(pl.col("status").str.contains(_LOST) & ~pl.col("lifecycle").str.contains("(?i)customer"))
        .then(pl.lit("lost"))
        .otherwise(mapped("lifecycle", _STAGES))
        .pipe(_known_stage),
        # A merged id may carry the moment of the merge: 123:1710234840.
        aliases=pl.col("merged").str.replace_all(r":\d+", "").str.replace_all(r"[;,\s]+", " ").str.strip_chars(),
        campaign=pl.coalesce("campaign", pl.when(pl.col("origin").str.contains(_PAID)).then(pl.col("drill_down"))),
        consented=pl.when(pl.col("opted_out")).then(pl.lit(value=False)).otherwise(pl.col("consented")),
    )
    return {"lead": only(one_person_each(shaped, shaping), "lead")}


def _known_stage(stage: pl.Expr) -> pl.Expr:
    return pl.when(stage.is_in(["subscriber", "lead", "qualified", "opportunity", "customer", "lost"])).then(stage)


def _state() -> pl.Expr:
    won = pl.coalesce("is_won", pl.lit(value=False)) | pl.col("stage").str.contains(_WON)
    lost = pl.coalesce("is_closed", pl.lit(value=False)) | pl.col("stage").str.contains(_LOST)
    return pl.when(won).then(pl.lit("won")).when(lost).then(pl.lit("lost")).otherwise(pl.lit("open"))


def _deals(rows: pl.DataFrame, shaping: Shaping) -> dict[str, pl.DataFrame]:
    shaped = rows.with_columns(
        state=_state(), amount_micros=pl.col("amount"), lead=pl.col("contacts").str.extract(r"^\s*([^;,\s]+)")
    )
    if shaped["contacts"].str.contains("[;,]").any():
        shaping.note("of a deal with several contacts the first one is kept")
    shaped = shaped.with_columns(
        # An open deal has an expected day of closing, which is no day of closing.
        closed_at=pl.when(pl.col("state") != "open").then(pl.col("closed_at")),
        currency=pl.when(pl.col("amount").is_not_null()).then(pl.col("currency")),
    )
    return {"deal": only(newest(shaped, "id", shaping), "deal")}


def _salesforce_leads(rows: pl.DataFrame, shaping: Shaping) -> dict[str, pl.DataFrame]:
    converted = pl.coalesce("is_converted", pl.col("converted_at").is_not_null())
    shaped = rows.with_columns(
        name=pl.coalesce(joined("first_name", "last_name"), "full_name"),
        stage=pl.when(converted)
        .then(pl.lit("opportunity"))
        .when(pl.col("status").str.contains(_LOST))
        .then(pl.lit("lost"))
        .when(pl.col("status").str.contains(r"(?i)qualified"))
        .then(pl.lit("qualified"))
        .otherwise(pl.lit("lead")),
        consented=pl.when(pl.col("opted_out")).then(pl.lit(value=False)),
        aliases=pl.lit(None, dtype=pl.String),
    )
    return {"lead": only(one_person_each(shaped, shaping), "lead")}


_WIDE = {
    "sent": "sent",
    "delivered": "delivered",
    "opened": "open",
    "clicked": "click",
    "bounced": "bounce",
    "unsubscribed": "unsubscribe",
}


def _email_events(rows: pl.DataFrame, shaping: Shaping) -> dict[str, pl.DataFrame]:
    wide = [name for name in _WIDE if name in shaping.has]
    if "type" not in shaping.has and wide:
        # One row a recipient with the moment of each event: every moment becomes an event of its own.
        rows = pl.concat(
            rows.filter(pl.col(name).is_not_null()).with_columns(type=pl.lit(_WIDE[name]), at=pl.col(name))
            for name in wide
        ).sort("line")
    said = {"app": rows["app"], "campaign": rows["campaign"], "subject": rows["subject"], "url": rows["url"]}
    made = digests(rows["user"], rows["campaign"], rows["subject"], rows["type"], rows["at"].dt.epoch("ms"))
    shaped = rows.with_columns(
        id=pl.coalesce("id", made),
        name=pl.lit("email.") + pl.col("type").str.to_lowercase().str.replace_all(r"[\s_-]+", ""),
        properties=json_object(said, rows.height).replace("", None),
        company=pl.lit(None, dtype=pl.String),
    )
    return {"usage_event": only(shaped, "usage_event")}


HUBSPOT_CONTACTS = EntityLayout(
    name="hubspot/contacts",
    source="hubspot",
    datasets=("lead",),
    fields=(
        *fields_of("""
        id id: Record ID | Record ID - Contact | Contact ID | Contact VID | VID | hs_object_id | Datensatz-ID
            | ID d'enregistrement | ID de registro
        """),
        *PERSON,
        *fields_of("""
        company text: Company Name | Associated Company | Primary Associated Company | Company | Unternehmensname
            | Nom de l'entreprise
        status text: Lead Status | hs_lead_status | Leadstatus
        lifecycle text: Lifecycle Stage | lifecyclestage | Lifecycle-Phase
        lead_owner text: Contact owner | HubSpot owner | Contact Owner Name | hubspot_owner_id
            | Zuständiger Mitarbeiter
        created_at moment: Create Date | Created Date | createdate | Erstellungsdatum | Erstelldatum
            | Date de création | Fecha de creación
        first_touch_at moment: First outreach date | Date of first engagement | First contact attempt date
        converted_at moment: Became a Customer Date | Became a customer date
        updated_at moment: Last Modified Date | Last modified | lastmodifieddate | Datum der letzten Änderung
        origin text: Original Source | Original Traffic Source | Original source type | hs_analytics_source
            | Ursprüngliche Quelle
        drill_down text: Original Source Drill-Down 1 | Original Traffic Source Drill-Down 1
        campaign text: UTM Campaign | First touch converting campaign
        opted_out flag?: Opted out of all email | Unsubscribed from all email | hs_email_optout
        consented flag?: Email opt-in | Marketing consent
        merged text*: Merged Contact IDs | Merged object IDs | Merged record IDs | hs_merged_object_ids | Merged vids
        """),
    ),
    needs=("id", "email|first_name|last_name"),
    signs="Record ID | Record ID - Contact | VID | Contact VID"
    " | hs_object_id | Lifecycle Stage | Datensatz-ID | ID d'enregistrement | ID de registro",
    shape=_hubspot_contacts,
    folds=True,
)

_DEAL = fields_of("""
    is_won flag?: Is Closed Won | Is closed won | hs_is_closed_won | Won | IsWon
    is_closed flag?: Is deal closed? | Is closed | hs_is_closed | Closed | IsClosed
    updated_at moment: Last Modified Date | hs_lastmodifieddate | LastModifiedDate | Last Modified
    """)

HUBSPOT_DEALS = EntityLayout(
    name="hubspot/deals",
    source="hubspot",
    datasets=("deal",),
    fields=(
        *fields_of("""
        id id: Record ID | Record ID - Deal | Deal ID | hs_object_id | Datensatz-ID
        name text*: Deal Name | dealname | Deal-Name
        pipeline text: Pipeline | Deal pipeline
        stage text: Deal Stage | dealstage | Deal-Phase
        amount money: Amount | Deal amount | Amount in company currency | Betrag
        currency text: Currency | Deal currency | Deal Currency Code | Währung
        deal_owner text: Deal owner | hubspot_owner_id | Owner
        created_at moment: Create Date | Created Date | createdate | Erstellungsdatum
        closed_at moment: Close Date | closedate | Abschlussdatum
        campaign text: UTM Campaign | Deal source campaign | Campaign of last booking in meetings tool
        contacts text*: Associated Contact IDs | Associated Contact ID | Associated contacts IDs
        """),
        *_DEAL,
    ),
    needs=("name", "stage"),
    musts=("id", "created_at"),
    signs="Deal Name | dealname | Deal Stage | Deal-Name",
    shape=_deals,
    folds=True,
    currency="currency",
)

HUBSPOT_EMAIL_EVENTS = EntityLayout(
    name="hubspot/email-events",
    source="hubspot",
    datasets=("usage_event",),
    fields=fields_of("""
        id id: Event ID | id | Event Id
        user email*: Recipient | Recipient email | Recipient Email Address
        type text: Event type | Type | Event
        at moment: Created | Event created | Timestamp | Event timestamp | Event date | Date
        campaign text: Email campaign | Campaign name | Campaign | Email name | emailCampaignId | Email campaign ID
        subject text: Subject | Email subject
        url text: URL | Link clicked | Link URL
        app text: App name | appName
        sent moment: Sent | Sent date
        delivered moment: Delivered | Delivered date
        opened moment: Opened | Open | Open date | First opened
        clicked moment: Clicked | Click | Click date | First clicked
        bounced moment: Bounced | Bounce | Bounce date
        unsubscribed moment: Unsubscribed | Unsubscribe date
    """),
    needs=("user", "type|sent|delivered|opened", "at|sent|delivered|opened"),
    signs="Recipient | Recipient email | Recipient Email Address",
    shape=_email_events,
    notes=("an open is an image loaded, often by a mail program; a click is a link followed",),
)

SALESFORCE_LEADS = EntityLayout(
    name="salesforce/leads",
    source="salesforce",
    datasets=("lead",),
    fields=(
        *fields_of("""
        id id: Lead ID | Id | LeadId | Lead: ID | 18 Digit Lead ID
        """),
        *PERSON,
        *fields_of("""
        company text: Company / Account | Company
        status text: Lead Status | Status
        lead_owner text: Lead Owner | Owner Name | Owner | OwnerId | Lead Owner Alias | Lead: Owner Name
        created_at moment: Create Date | Created Date | CreatedDate | Lead: Created Date
        first_touch_at moment: First Response Date | First Activity Date | First Call DateTime | FirstCallDateTime
            | First Email DateTime | FirstEmailDateTime
        converted_at moment: Converted Date | ConvertedDate | Conversion Date
        is_converted flag?: Converted | IsConverted
        updated_at moment: Last Modified Date | LastModifiedDate | Last Modified | SystemModstamp
        origin text: Lead Source | LeadSource
        campaign text: Primary Campaign | Most Recent Campaign | Campaign Name | UTM Campaign | utm_campaign__c
        opted_out flag?: Email Opt Out | HasOptedOutOfEmail
        """),
    ),
    needs=("email|last_name|company|full_name",),
    musts=("id",),
    signs="Lead ID | LeadId | Lead: ID | LeadSource"
    " | IsConverted | ConvertedDate | Lead Owner | Company / Account | 18 Digit Lead ID",
    shape=_salesforce_leads,
    folds=True,
)

SALESFORCE_OPPORTUNITIES = EntityLayout(
    name="salesforce/opportunities",
    source="salesforce",
    datasets=("deal",),
    fields=(
        *fields_of("""
        id id: Opportunity ID | Id | OpportunityId | 18 Digit Opportunity ID
        name text*: Opportunity Name | Name
        pipeline text: Type | Opportunity Record Type | Record Type
        stage text: Stage | StageName
        amount money: Amount | Amount (converted)
        currency text: Amount Currency | Opportunity Currency | CurrencyIsoCode | Currency
        deal_owner text: Opportunity Owner | Owner Name | Owner | OwnerId
        created_at moment: Created Date | CreatedDate | Create Date
        closed_at moment: Close Date | CloseDate
        campaign text: Primary Campaign Source | Campaign Name | CampaignId
        contacts text*: Primary Contact ID | ContactId | Contact ID
        """),
        *_DEAL,
    ),
    needs=("name", "stage"),
    musts=("id", "created_at"),
    signs="Opportunity ID | Opportunity Name | OpportunityId | StageName | Opportunity Owner",
    shape=_deals,
    folds=True,
    currency="currency",
)

LAYOUTS = (HUBSPOT_CONTACTS, HUBSPOT_DEALS, HUBSPOT_EMAIL_EVENTS, SALESFORCE_LEADS, SALESFORCE_OPPORTUNITIES)
