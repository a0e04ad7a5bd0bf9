from agents.sources.exports.meanings import MEANINGS, differences, notes
from agents.sources.text.metrics import METRICS
from tests.unit.agents.exports.files import sample


def test_every_platform_says_what_its_clicks_conversions_leads_and_customers_are():
    platforms = set(MEANINGS) - {"sandbox"}
    assert platforms == {"google_ads", "microsoft_ads", "meta", "linkedin", "ga4", "klaviyo", "mailchimp"}
    for source in platforms:
        assert {"clicks", "conversions", "leads", "customers"} <= set(MEANINGS[source])
        assert set(MEANINGS[source]) <= {*METRICS, "customers"}


def test_a_report_says_what_the_figures_it_has_mean():
    assert "leads are sent lead forms" in sample("linkedin.csv").report.notes
    assert not any(note.startswith("leads") for note in sample("linkedin_total.csv").report.notes)
    assert any(note.startswith("conversions are") for note in sample("google_campaign_report.csv").report.notes)


def test_sources_that_mean_different_things_are_told_apart():
    said = differences(("meta", "google_ads", "meta"), "conversions")
    assert [sentence.split(":")[0] for sentence in said] == ["google_ads", "meta"]
    assert differences(("meta",), "conversions") == ()
    assert differences(("shop_ads", "meta"), "clicks")[1] == "shop_ads: what clicks are is not known"


def test_notes_come_in_a_fixed_order():
    assert [note.split()[0] for note in notes("meta", {"leads", "clicks", "conversions"})] == [
        "clicks",
        "conversions",
        "leads",
    ]
