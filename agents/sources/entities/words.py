"""What people call the things that contracts hold, for proposing what the columns of an unknown file mean.

Squeezed to letters and digits when compared; the first word of a line is the field, the others are headers for it.
"""

FACTS = """
day: date | day | report date | datum | tag | jour | fecha | data | start date | reporting starts | week starting
last_day: end date | reporting ends | week ending | bis
campaign: campaign | campaign name | kampagne | campagne | campaña | campagna | ad campaign | utm campaign
campaign_id: campaign id | kampagnen id
spend: spend | cost | amount spent | costs | ad spend | media cost | kosten | ausgaben | coût | dépenses
    | importe gastado | gasto | spesa | net cost | spend net | budget spent | invested
impressions: impressions | impr | impressionen | views | impresiones | imps | sends | delivered
clicks: clicks | klicks | clics | clic | link clicks | click | visits | clicks all
conversions: conversions | conv | results | konversionen | purchases | acquisitions | actions | sales count
leads: leads | form fills | signups | sign ups | registrations
revenue: revenue | conversion value | conv value | sales | umsatz | value | purchase value | attributed revenue
    | chiffre d'affaires | ingresos
orders: orders | bestellungen | transactions
"""
CHANNEL = "channel | network | platform | medium | kanal | canal | channel name | ad network"
CURRENCY = "currency | currency code | währung | devise | moneda | cur | ccy"

DATASETS = {
    "product": """
id: sku | product id | article number | artikelnummer | item number | product sku | item id | id | variant id
    | ean | référence
title: title | product | product name | name | artikel | bezeichnung | produktname | item | item name | designation
category: category | kategorie | product type | type | catégorie | group | collection
brand: brand | marke | vendor | manufacturer | marque
price_micros: price | unit price | preis | verkaufspreis | prix | precio | selling price | net price
compare_at_micros: compare at price | list price | rrp | uvp | former price
cost_micros: cost price | unit cost | purchase price | einkaufspreis | cost per item
stock: stock | inventory | quantity on hand | bestand | qty | stock level | available | lagerbestand | on hand
priority: priority | push priority | rank | prio
tags: tags | labels
status: status | state
""",
    "order": """
id: order id | order number | order no | bestellnummer | order | id | auftragsnummer | number | commande
    | order name
ordered_at: order date | ordered at | created at | bestelldatum | date | created | placed at | purchase date
status: status | order status | payment status | financial status | state
gross_micros: total | order total | gross | amount | gross total | gesamtbetrag | summe | grand total
    | total amount | order value
discount_micros: discount | discount amount | rabatt
shipping_micros: shipping | shipping cost | versand | delivery fee
tax_micros: tax | taxes | vat | mwst | steuer
refunded_micros: refunded | refund | refunded amount | erstattet
customer: customer id | customer | kundennummer | client id
email: email | e-mail | customer email | mail
items: items | quantity | item count
channel: channel | source | sales channel
campaign: campaign | utm campaign
country: country | land | shipping country | pays
""",
    "lead": """
id: lead id | contact id | id | record id | person id | crm id | customer number | kontakt id | subscriber id
email: email | e-mail | email address | mail | e-mail-adresse | correo | adresse e-mail
name: name | full name | contact | contact name | kontakt | person
phone: phone | phone number | telephone | telefon | mobile | tel
company: company | firma | organization | organisation | account | entreprise | empresa
status: status | lead status | state
lead_owner: owner | lead owner | assigned to | sales rep | verantwortlich | responsable | handled by
created_at: created | created at | create date | date added | erstellt | signup date | registered | date
    | angelegt am
first_touch_at: first contact | first touch | first reply | contacted at | erstkontakt
converted_at: converted | converted at | conversion date | became customer
updated_at: updated | updated at | last modified | changed
origin: source | lead source | origin | quelle | herkunft
campaign: campaign | utm campaign | kampagne
consented: consent | opt in | newsletter | consented | opted in | einwilligung
country: country | land | pays
""",
    "deal": """
id: deal id | opportunity id | id | deal number | angebotsnummer
name: deal | deal name | opportunity | opportunity name | name | titel | title
pipeline: pipeline | funnel
stage: stage | deal stage | phase | sales stage | status
state: state | outcome | result | deal status
amount_micros: amount | value | deal value | betrag | volume | wert | expected revenue | montant
deal_owner: owner | deal owner | sales rep | verantwortlich | account manager
created_at: created | created at | create date | opened | erstellt | angelegt | date created
closed_at: closed | closed at | close date | abschluss | won date | closing date
updated_at: updated | updated at | last modified
campaign: campaign | utm campaign
lead: contact id | lead id
""",
    "ticket": """
id: ticket id | case | case id | ticket | case number | id | ticketnummer | conversation id | vorgang
    | reference | request id
opened_at: opened | opened at | created | created at | date opened | eröffnet | erstellt | reported at
    | received | submitted at
first_reply_at: first reply | first reply at | first response | first response at | answered at | erste antwort
    | responded
resolved_at: resolved | resolved at | solved | solved at | closed at | closed | gelöst | finished at | completed at
updated_at: updated | updated at | last updated
state: status | state | ticket status | zustand
assignee: assignee | agent | assigned to | bearbeiter | handled by | owner
priority: priority | severity | priorität | urgency
requester: requester | kunde | client | customer | customer id | reporter | from | melder
subject: subject | title | summary | betreff | topic | problem
product: product | product area | component
tags: tags | labels
rating: rating | csat | satisfaction | score | bewertung
reopened: reopens | reopened | times reopened
""",
    "content": """
id: id | post id | page id | content id | item id | slug
title: title | headline | name | page title | titel | überschrift | titre
kind: type | content type | kind | format | art
status: status | state | publication status
locale: language | locale | lang | sprache
author: author | writer | autor | auteur | created by
created_at: created | created at | erstellt
planned_at: planned | planned for | scheduled | due | publish on | geplant
published_at: published | published at | publish date | publication date | veröffentlicht | live date | date
updated_at: updated | modified | last modified
url: url | link | permalink | address
categories: category | categories | topic | kategorie
business_unit: business unit | unit | division | brand | bereich
""",
    "usage_event": """
id: event id | uuid | message id | insert id | id
at: timestamp | time | event time | occurred at | at | datetime | ts | created at | zeitpunkt
user: user id | user | userid | customer id | distinct id | account user | visitor id | nutzer
name: event | event name | action | event type | name | activity | ereignis
company: company | account | organization | tenant | workspace
properties: properties | payload | details | data
""",
    "audience": """
id: audience id | segment id | list id | id
name: audience | audience name | segment | segment name | list | list name | zielgruppe
people: people | size | members | count | contacts | audience size | reach | personen
channel: channel | platform
consented: consent | consented | opt in
campaigns: campaigns | used by
""",
    "handoff": """
id: handoff id | id | handover id | reference
subject: subject | item | what | lead id | case id | betreff
kind: kind | type | item type | art
from_team: from team | from | handed by | von
to_team: to team | to | handed to | receiver | an
handed_at: handed at | handed over | handoff time | date | sent at | übergeben
due_at: due | due at | deadline | fällig
acknowledged_at: acknowledged | acknowledged at | accepted at | picked up | bestätigt
item_owner: owner | assignee
""",
    "exchange_rate": """
day: date | day | datum
base: base | from | base currency | from currency
quote: quote | to | quote currency | to currency
rate_nano: rate | exchange rate | kurs | fx rate
""",
}
TELLING = {
    "product": ("price_micros", "stock", "category", "brand", "cost_micros"),
    "order": ("gross_micros",),
    "lead": ("email", "phone", "lead_owner", "first_touch_at", "consented"),
    "deal": ("amount_micros", "stage"),
    "ticket": ("first_reply_at", "resolved_at", "assignee", "subject", "requester"),
    "content": ("author", "published_at", "planned_at", "url"),
    "usage_event": ("user",),
    "audience": ("people", "consented", "campaigns"),
    "handoff": ("to_team",),
    "exchange_rate": ("rate_nano",),
}
"""Fields of which one must be found: an id and a name alone could be anything."""

STATES = {
    ("product", "status"): {
        "active": "active aktiv live published yes true available actif in-stock",
        "draft": "draft entwurf hidden inactive inaktiv no false",
        "archived": "archived discontinued archiviert sold-out deleted",
    },
    ("order", "status"): {
        "paid": "paid complete completed fulfilled shipped delivered bezahlt versendet processing payé closed done",
        "open": "open pending unpaid authorized on-hold offen new",
        "cancelled": "cancelled canceled voided failed storniert annulé",
        "refunded": "refunded erstattet returned remboursé",
        "partly_refunded": "partially-refunded partly-refunded partially_refunded",
    },
    ("deal", "state"): {
        "won": "won closed-won closedwon gewonnen gagné ganado win success",
        "lost": "lost closed-lost closedlost verloren perdu perdido loss rejected",
        "open": "open new active qualified negotiation proposal offen contacted pending discovery qualification demo "
        "in-progress appointment-scheduled contract-sent proposal-sent prospecting",
    },
    ("ticket", "state"): {
        "open": "open new offen neu opened active in-progress in-bearbeitung reopened unresolved assigned escalated",
        "waiting": "waiting pending on-hold hold wartend snoozed waiting-for-customer waiting-on-customer",
        "resolved": "resolved solved gelöst done fixed answered erledigt completed",
        "closed": "closed geschlossen archived abgeschlossen",
    },
    ("content", "status"): {
        "draft": "draft entwurf idea in-review review writing in-progress brouillon",
        "scheduled": "scheduled planned geplant approved ready",
        "published": "published live publish veröffentlicht online publié",
        "private": "private internal intern",
        "trash": "trash deleted archived",
    },
    ("handoff", "kind"): {
        "lead": "lead leads contact mql sql",
        "content": "content article post page",
        "campaign": "campaign kampagne brief",
        "case": "case ticket conversation issue",
    },
}
"""Dataset and field → our word → words of others, "-" standing for a blank."""
CHANNELS = {
    "paid_social": "meta facebook instagram tiktok linkedin snapchat pinterest reddit social twitter",
    "paid_search": "google adwords bing search sem sea microsoft",
    "email": "email newsletter mail klaviyo mailchimp brevo",
    "website": "web website site organic analytics",
    "display": "display banner programmatic dv360 criteo taboola outbrain",
    "affiliate": "affiliate awin partner",
}
"""Our channel → words in a file's name or columns that speak of it."""
