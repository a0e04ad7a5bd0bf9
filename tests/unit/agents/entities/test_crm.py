"""CRM exports come to leads, deals and events with the figures worked out by hand."""

from decimal import Decimal
from pathlib import Path

from tests.unit.agents.entities.files import at, got, known, refusal, sample, written


def test_hubspot_contacts_are_one_a_person_whatever_the_case_of_the_address():
    contacts = sample("hubspot_contacts.csv")
    camille, john, zoe = contacts.rows("lead")
    assert (camille["id"], camille["name"], camille["stage"]) == ("101", "Camille Durand", "lead")
    assert camille["created_at"] == at("2024-03-12 09:14")
    assert camille["first_touch_at"] == at("2024-03-12 10:00")
    assert camille["campaign"] == "spring-brand"
    assert (john["id"], john["email"], john["stage"]) == ("103", "john@example.com", "customer")
    assert john["aliases"] == "102 77"
    assert john["created_at"] == at("2024-03-15 14:30")
    assert john["consented"] is False
    assert john["lead_owner"] == "Florent"
    assert (zoe["id"], zoe["name"], zoe["line"]) == ("105", "Zoë Later", 7)
    assert contacts.dropped() == {3: "the same address as line 4, merged with it", 6: "an older state of line 7"}
    assert contacts.reasons() == {5: "column “Create Date”: “2024-02-30 10:00” is not a date"}
    assert contacts.tally.rows_read == 6
    assert contacts.tally.dates == "mdy"


def test_of_a_row_set_aside_only_the_cells_that_are_read_are_kept_and_people_are_marked():
    (row,) = sample("hubspot_contacts.csv").quarantined
    assert row.cells["First Name"] == "Núñez, Ana"
    assert "Favourite colour" not in row.cells
    assert set(row.personal) == {
        "Record ID", "First Name", "Last Name", "Email", "Phone Number", "Merged Contact IDs",
    }  # fmt: skip


def test_unread_columns_count_as_personal():
    assert "Favourite colour" in sample("hubspot_contacts.csv").tally.personal


def test_hubspot_contacts_in_german_with_semicolons(tmp_path: Path):
    text = (
        "Datensatz-ID;Vorname;Nachname;E-Mail-Adresse;Erstellungsdatum;Lifecycle-Phase\n"
        "1;Jürgen;Groß;J@x.de;31.01.2026 23:30;Lead\n2;;;k@x.de;01.02.2026 00:10;\n"
    )
    contacts = got(known(written(tmp_path, text, encoding="cp1252")))
    assert contacts.column("lead", "name") == ["Jürgen Groß", None]
    assert contacts.column("lead", "created_at") == [at("2026-01-31 23:30"), at("2026-02-01 00:10")]
    assert contacts.tally.layout == "hubspot/contacts"


def test_hubspot_contacts_whose_dates_could_be_either_are_refused_with_the_way_out(tmp_path: Path):
    text = "Record ID,Email,Create Date\n1,a@x.com,03/04/2026 10:00\n2,b@x.com,05/06/2026 9:00\n"
    path = written(tmp_path, text)
    assert "--dates" in refusal(path, today=None).remedy
    contacts = got(known(path, dates="dmy", today=None))
    assert contacts.column("lead", "created_at") == [at("2026-04-03 10:00"), at("2026-06-05 09:00")]


def test_hubspot_contacts_shifted_by_a_spreadsheet_lose_the_spoilt_rows_only(tmp_path: Path):
    rows = [f"{n},P{n},p{n}@x.com,2026-01-{n:02d} 10:00" for n in range(1, 29)]
    rows[4] = "9.01E+11,P,p@x.com,2026-01-05 10:00"
    contacts = got(known(written(tmp_path, "\n".join(["Record ID,First Name,Email,Create Date", *rows, ""]))))
    assert contacts.tally.rows_by_dataset == {"lead": 27}
    assert contacts.reasons() == {6: "column “Record ID”: “9.01E+11” was an id before a spreadsheet rounded it"}


def test_hubspot_deals_in_european_numbers():
    deals = sample("hubspot_deals.csv")
    won, still_open, lost = deals.rows("deal")
    assert (won["state"], won["amount_micros"], won["currency"]) == ("won", 12_500_500_000, "EUR")
    assert won["closed_at"] == at("2026-01-20 10:00")
    assert won["lead"] == "8001"
    assert (still_open["state"], still_open["amount_micros"], still_open["closed_at"]) == ("open", 2_500_000_000, None)
    assert (lost["state"], lost["amount_micros"], lost["currency"]) == ("lost", None, None)
    assert deals.tally.amounts == {"deal": {"EUR": Decimal("15000.50")}}
    assert deals.tally.decimal == ","


def test_hubspot_deals_without_a_currency_land_without_amounts_and_say_so(tmp_path: Path):
    text = "Record ID,Deal Name,Deal Stage,Amount,Create Date\n1,A,Closed won,100,2026-01-01 10:00\n"
    path = written(tmp_path, text)
    deals = got(known(path))
    assert deals.column("deal", "amount_micros") == [None]
    assert any("--currency" in note for note in deals.tally.notes)
    assert got(known(path, currency="GBP")).column("deal", "amount_micros") == [100_000_000]


def test_hubspot_deals_take_the_currency_from_the_header(tmp_path: Path):
    text = 'Record ID,Deal Name,Deal Stage,Amount (CHF),Create Date\n1,A,Closed won,"1\'200.50",2026-01-01 10:00\n'
    deals = got(known(written(tmp_path, text)))
    assert deals.rows("deal")[0]["currency"] == "CHF"
    assert deals.rows("deal")[0]["amount_micros"] == 1_200_500_000


def test_hubspot_deals_without_their_day_are_refused_naming_the_column(tmp_path: Path):
    error = refusal(written(tmp_path, "Record ID,Deal Name,Deal Stage\n1,A,Won\n"))
    assert "looks like hubspot/deals, but there is no column “Create Date”" in error.problem


def test_each_moment_of_a_mail_is_an_event():
    events = sample("hubspot_email_events.csv")
    assert events.column("usage_event", "name") == [
        "email.sent", "email.delivered", "email.open", "email.sent", "email.bounce",
    ]  # fmt: skip
    assert events.column("usage_event", "user")[:3] == ["ada@example.com"] * 3
    assert events.column("usage_event", "properties")[0] == '{"campaign":"Spring launch","subject":"Hello, spring"}'
    assert len(set(events.column("usage_event", "id"))) == 5


def test_mail_events_in_rows_keep_their_ids_and_repetitions_count_once(tmp_path: Path):
    text = (
        "id,recipient,type,created,emailCampaignId\n"
        "e1,A@x.com,OPEN,1769940000000,77\ne1,A@x.com,OPEN,1769940000000,77\ne2,b@x.com,SPAM_REPORT,1769940001000,77\n"
    )
    events = got(known(written(tmp_path, text)))
    assert events.column("usage_event", "name") == ["email.open", "email.spamreport"]
    assert events.column("usage_event", "at") == [at("2026-02-01 10:00"), at("2026-02-01 10:00:01")]
    assert events.dropped() == {3: "the same id once more: e1"}


def test_mail_events_with_a_broken_moment_lose_that_one(tmp_path: Path):
    lines = [f"e{n},p{n}@x.com,CLICK,2026-02-01T10:00:0{n % 10}Z" for n in range(30)]
    lines[7] = "e7,p@x.com,CLICK,yesterday"
    events = got(known(written(tmp_path, "\n".join(["Event ID,Recipient,Event type,Created", *lines, ""]))))
    assert events.tally.rows_by_dataset == {"usage_event": 29}
    assert list(events.reasons()) == [9]


def test_a_salesforce_report_ends_at_its_footer():
    leads = sample("salesforce_leads_report.csv")
    grace, alan = leads.rows("lead")
    assert leads.tally.rows_read == 3
    assert (grace["company"], grace["stage"], grace["created_at"]) == ("Navy, Inc.", "lead", at("2026-01-13 09:05"))
    assert alan["email"] == "alan@example.com"
    assert alan["stage"] == "opportunity"
    assert alan["converted_at"] == at("2026-02-02")
    assert alan["aliases"] == "00Q5f000002"
    assert leads.tally.dates == "dmy"


def test_salesforce_leads_by_their_api_names(tmp_path: Path):
    text = (
        "Id,FirstName,LastName,Company,Email,LeadSource,Status,OwnerId,IsConverted,ConvertedDate,CreatedDate,HasOptedOutOfEmail\n"
        "00Q1,Ada,King,Acme,ADA@x.com,Web,Working,005A,false,,2026-01-02T08:00:00.000+0000,true\n"
        "00Q2,,Bob,Beta,,Web,Unqualified,005A,false,,2026-01-03T23:59:59.000-0800,false\n"
    )
    ada, bob = got(known(written(tmp_path, text))).rows("lead")
    assert (ada["email"], ada["consented"], ada["stage"]) == ("ada@x.com", False, "lead")
    assert (bob["stage"], bob["created_at"]) == ("lost", at("2026-01-04 07:59:59"))


def test_a_salesforce_report_cut_in_the_middle_is_refused(tmp_path: Path):
    text = (
        '"Lead ID","Last Name","Email","Create Date"\n"1","A","a@x.com","2026-01-01"\n"2","B"\n'
        '"3","C","c@x.com","2026-01-01"\n"Copyright (c) 2000-2026 salesforce.com, inc."\n'
    )
    error = refusal(written(tmp_path, text))
    assert error.line == 3


def test_salesforce_opportunities_with_codes_in_their_amounts():
    deals = sample("salesforce_opportunities.csv")
    won, pilot = deals.rows("deal")
    assert (won["amount_micros"], won["currency"], won["state"]) == (15_000_500_000, "GBP", "won")
    assert (pilot["amount_micros"], pilot["currency"], pilot["closed_at"]) == (20_000_000_000, "USD", None)
    assert deals.reasons() == {4: "column “Amount”: the amount is written in GBP, the row says USD"}


def test_salesforce_opportunities_as_a_report(tmp_path: Path):
    text = (
        '"Opportunity ID","Opportunity Name","Stage","Amount","Created Date","Close Date","Opportunity Owner"\n'
        '"0061","A","Closed Lost","EUR 1.234,50","15.01.2026","16.01.2026","Kim"\n'
        '"0061","A","Negotiation","EUR 1.234,50","15.01.2026","16.01.2026","Kim"\n'
        '\n"Report"\n"Confidential Information - Do Not Distribute"\n'
    )
    deals = got(known(written(tmp_path, text)))
    (row,) = deals.rows("deal")
    assert (row["amount_micros"], row["currency"], row["stage"]) == (1_234_500_000, "EUR", "Negotiation")
    assert deals.dropped() == {2: "an older state of line 3"}


def test_an_opportunity_without_an_id_is_refused_naming_the_column(tmp_path: Path):
    text = "Opportunity Name,Stage,Amount,Created Date\nA,Won,5,2026-01-01\n"
    assert "“Opportunity ID”" in refusal(written(tmp_path, text)).problem
