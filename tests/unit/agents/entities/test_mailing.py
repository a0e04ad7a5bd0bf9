"""Members of lists are people once each, with consent as their tool knows it."""

from pathlib import Path

from tests.unit.agents.entities.files import at, got, known, sample, written

HEADER = "Email,Klaviyo ID,First Name,Email Marketing Consent,Email Suppressions,Profile Created On\n"


def test_klaviyo_profiles_with_one_address_are_one_and_a_withdrawal_holds():
    members = sample("VIP customers (2026-02-10).csv")
    ada, bob = members.rows("lead")
    assert (ada["id"], ada["aliases"], ada["name"]) == ("01H0A", "01H0B", "Ada King")
    assert ada["created_at"] == at("2025-12-01 10:00")
    assert ada["consented"] is False
    assert bob["consented"] is False
    assert ada["audience"] == "VIP customers"
    assert members.dropped() == {3: "the same address as line 2, merged with it"}


def test_klaviyo_consent_in_other_words(tmp_path: Path):
    rows = "a@x.com,1,A,TRUE,[],2026-01-01\nb@x.com,2,B,UNSUBSCRIBED,[],2026-01-01\nc@x.com,3,C,,,2026-01-01\n"
    members = got(known(written(tmp_path, HEADER + rows)))
    assert members.column("lead", "consented") == [True, False, None]


def test_a_klaviyo_profile_without_an_id_is_known_by_a_digest_and_not_by_its_address(tmp_path: Path):
    text = "Email,First Name,Email Marketing Consent\nA@x.com,A,SUBSCRIBED\n"
    (row,) = got(known(written(tmp_path, text))).rows("lead")
    assert len(row["id"]) == 20
    assert "@" not in row["id"]


def test_klaviyo_moments_that_cannot_be_read_count_as_empty_and_are_counted(tmp_path: Path):
    members = got(known(written(tmp_path, HEADER + "a@x.com,1,A,TRUE,[],whenever\n")))
    assert members.column("lead", "created_at") == [None]
    assert "1 cells of minor columns could not be read and count as empty" in members.tally.notes


def test_mailchimp_members_by_the_name_of_their_file():
    members = sample("subscribed_members_export_15d17415eb.csv")
    ada, grace = members.rows("lead")
    assert (ada["id"], ada["consented"], ada["audience"]) == ("c2cb0681af", True, "15d17415eb")
    assert ada["created_at"] == at("2024-03-14 09:12:31")
    assert (grace["consented"], grace["created_at"]) == (False, at("2013-06-25 17:38:27"))


def test_mailchimp_members_who_were_cleaned(tmp_path: Path):
    text = (
        "Email Address,First Name,MEMBER_RATING,OPTIN_TIME,CLEAN_TIME,EUID\nX@y.com,X,2,,2026-01-01 10:00:00,aa11bb22\n"
    )
    members = got(known(written(tmp_path, text, "cleaned_members_export_abc123.csv")))
    assert members.column("lead", "consented") == [False]
    assert members.column("lead", "email") == ["x@y.com"]


def test_mailchimp_members_of_an_unnamed_file_leave_consent_open(tmp_path: Path):
    text = 'Email Address,LEID,EUID,NOTES\nx@y.com,1,aa11bb22,"a note, with\ntwo lines"\n'
    members = got(known(written(tmp_path, text, "members.csv")))
    assert members.column("lead", "consented") == [None]
    assert any("consent is left open" in note for note in members.tally.notes)
