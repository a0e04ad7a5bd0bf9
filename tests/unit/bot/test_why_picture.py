"""The picture of a plan's lineage: what it rests on, what became of it, and the same in words."""

import struct

from agents.lifecycle.answers.why import Why
from bot.slack.why_picture import became_of, draw, rests_on, why_picture
from storage.records.lineage import LineageStep
from storage.records.plans import PlanState
from tests import builders as b

HOSTILE = "<!channel> $x^2$ \u202eevil\n" + "w" * 400


def a_step(node: str, label: str = "said", *, child: str = "PLAN-12", depth: int = 1, **lines: int) -> LineageStep:
    return LineageStep(depth=depth, id=node, label=label, child=child, **lines)


def a_why(*steps: LineageStep) -> Why:
    return Why(
        subject="PLAN-12", forward=False, lines=("What.", "Rests.", "Became."), steps=steps, links=(), versions={},
        entries=(), names={},
    )  # fmt: skip


FOUND = a_why(
    a_step("facts@9", "facts, version 9"),
    a_step("feature:roas_7d@3", "roas_7d, version 3"),
    a_step("load:b", "google_ads, google.csv", child="facts@9", depth=2),
    a_step("facts@8", "everything known before", child="facts@9", depth=2),
    a_step("file:3f0c", "google.csv, 1,202 rows", child="load:b", depth=3, first_line=3, last_line=1204),
    a_step("load:a", "meta, meta.csv", child="facts@8", depth=3),
    a_step("source:google_ads", "google_ads", child="file:3f0c", depth=4),
    a_step("source:meta", "meta", child="load:a", depth=4),
)


def test_the_first_row_leads_from_the_source_to_the_plan():
    stages = rests_on(FOUND, b.a_dossier())
    assert [(one.title, one.text) for one in stages[:-1]] == [
        ("Source", "Google Ads, Meta Ads"),
        ("File", "google.csv, 1,202 rows, lines 3 to 1,204"),
        ("2 loads", "the newest: Google Ads, google.csv"),
        ("Facts", "version 9"),
        ("1 feature", "roas 7d"),
    ]
    assert stages[-1].title == "PLAN-12"


def test_what_a_person_asked_for_rests_on_the_person():
    dossier = b.a_dossier(plan=b.a_plan(requested_by="olivia"))
    assert [one.title for one in rests_on(a_why(), dossier)] == ["Request", "PLAN-12"]


def test_the_second_row_says_what_has_not_happened():
    waiting = {one.title: one.reached for one in became_of(b.a_dossier())}
    assert waiting == {"Rules": True, "People": False, "Changes": False, "Outcome": False}
    done = {one.title: one for one in became_of(b.a_dossier(PlanState.DONE))}
    assert done["People"].text == "Aaron Blake approved"
    assert done["Changes"].reached


async def test_the_picture_has_its_words_and_is_crisp():
    chart = await draw(FOUND, b.a_dossier(PlanState.DONE))
    assert chart.png.startswith(b"\x89PNG")
    wide, high = struct.unpack(">II", chart.png[16:24])
    assert (wide, high / wide < 1.3) == (1200, True)
    for expected in ("google.csv, 1,202 rows, lines 3 to 1,204", "Aaron Blake approved", "PLAN-12", "version 9"):
        assert expected in chart.alt_text
    assert chart.alt_text.index("Source") < chart.alt_text.index("Facts") < chart.alt_text.index("Rules")


def test_hostile_texts_are_drawn_as_texts():
    found = a_why(a_step("load:x", HOSTILE), a_step(f"source:{HOSTILE}", HOSTILE))
    chart = why_picture(found, b.a_dossier(plan=b.a_plan(title=HOSTILE)))
    assert len(chart.alt_text) <= 1000
    assert "\u202e" not in chart.alt_text
    assert "\n" not in chart.alt_text
