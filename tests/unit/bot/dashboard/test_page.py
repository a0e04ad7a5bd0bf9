"""A view as a page: every part is there, names from data stay words, and nothing in it runs."""

import re
from decimal import Decimal
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest

from bot.dashboard.drawing import Mark, share_bar, trend
from bot.dashboard.page import address_of, notice_page, view_page
from bot.dashboard.sections import JOB_WORDS
from bot.jobs import JOBS
from storage.records.dashboards import GovernanceLine, Header, Snapshot, View
from tests.builders import NOW
from tests.unit.bot.dashboard.snapshots import EVIL, FIRST, answer, full

VIEW = View(number=3, as_of=NOW, days=28)
EARLIER = (VIEW, View(number=2, as_of=NOW, days=7))


def page_of(seen: Snapshot, *, newer: bool = False) -> str:
    return view_page(seen, VIEW, newer=newer, earlier=EARLIER)


class Elements(HTMLParser):
    """Names of elements and attributes, and whether they are closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.ids: list[str] = []

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in {"meta", "link", "br"}:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag


def elements_of(page: str) -> Elements:
    found = Elements()
    found.feed(page)
    found.close()
    assert found.open == []
    return found


def test_a_full_page_has_every_part() -> None:
    page = unescape(page_of(full()))
    for part in (
        "As of", "VIEW-3", "edition 3", "ROAS", "2.50", "target 3.00", "✗ missed", "95 % interval 2.40 to –",
        "ALERT-1", "suspect: PLAN-2", "review: Diagnosed", "level shift, £0.90 per click where £0.50 per click was expected", "Possible: ",
        "part of ALERT-1", "closed by a person: Expected", "2 cases are open, 1 is over",
        "PLAN-6", "taken back by PLAN-4", "trace 0af7", "question answered", "3 failed", "over 5 min", "99.5 %",
        "99.9 %", "87.5 % of 8 changes validly approved", "median 35.5 min", "max-step", "Budget planner", "KPI definitions",
        "✓ 7 of 10", "✗", "/dashboard?days=90", "/dashboard/VIEW-2?as_of=", "/dashboard VIEW-3",
    ):  # fmt: skip
        assert part in re.sub(r"</?(code|span|strong|p)[^>]*>", "", page), part


@pytest.mark.parametrize("seen", [full(), Snapshot(header=full().header)])
def test_it_is_well_formed_and_runs_nothing(seen: Snapshot) -> None:
    page = page_of(seen, newer=True)
    found = elements_of(page)
    assert found.tags.isdisjoint({"script", "img", "iframe", "object", "form", "style", "a:href"})
    assert not {name for name in found.attributes if name.startswith("on")}
    assert "style" not in found.attributes
    assert "\u202e" not in page
    assert "<img" not in page
    assert len(found.ids) == len(set(found.ids))


def test_every_picture_is_whole_and_told_in_words() -> None:
    for one in re.findall(r"<svg.*?</svg>", page_of(full()), re.DOTALL):
        drawn = ET.fromstring(one)
        assert drawn.get("role") == "img" or drawn.get("aria-hidden") == "true"
        if drawn.get("role") == "img":
            assert "ROAS" in (drawn.get("aria-label") or "") or "Spend" in (drawn.get("aria-label") or "")
        for number in re.findall(r'(?:x|y|x1|x2|cx|cy|width)="(-?[\d.]+)"', one):
            assert -1 <= float(number) <= 1001


def test_an_empty_home_says_what_is_missing() -> None:
    header = Header(as_of=NOW, days=28, first=None, last=None, zone="Europe/London", simulated=False, rules="")
    quiet = GovernanceLine(
        changes=0, valid=0, decided=0, median_minutes=None, rejected=0, expired=0, escalated=0, overridden=0, freezes=0
    )
    page = page_of(Snapshot(header=header, governance=quiet))
    assert "no change was written · 0 decided" in page
    for said in (
        "Nothing has been read yet",
        "No case is open",
        "No plan was made",
        "Nothing has been measured",
        "cannot be trusted",
    ):
        assert said in page


def test_only_an_earlier_view_says_that_it_is_one() -> None:
    assert "earlier view" in page_of(full(), newer=True)
    assert "earlier view" not in page_of(full())


def test_the_address_holds_the_moment() -> None:
    assert address_of(VIEW) == f"/dashboard/VIEW-3?as_of={NOW:%Y-%m-%dT%H:%M:%SZ}"


def test_a_day_without_a_value_is_a_gap_and_a_single_day_no_line() -> None:
    whole = trend(answer(), ())
    path = re.search(r'class="line" d="([^"]+)"', whole)
    assert path is not None
    assert path[1].count("M") == 2
    one = answer(series=answer().series[:1])
    assert trend(one, ()) == ""


def test_a_flat_line_at_nothing_is_drawn() -> None:
    nothing = tuple(row.model_copy(update={"value": Decimal(0)}) for row in answer().series)
    assert "NaN" not in trend(answer(series=nothing, target=None), ())
    ET.fromstring(trend(answer(series=nothing, target=Decimal(0)), ()))


def test_marks_outside_of_the_days_are_left_out_and_crowded_names_do_not_overlap() -> None:
    marks = [Mark(FIRST.replace(day=day), f"PLAN-{day}", EVIL, "plan") for day in range(2, 28)]
    drawn = trend(answer(), [*marks, Mark(FIRST.replace(year=2020), "PLAN-99", "", "case")])
    assert "PLAN-99" not in drawn
    at = sorted(float(x) for x in re.findall(r'<text class="small middle plan" x="([\d.]+)"', drawn))
    assert all(later - earlier >= 46 for earlier, later in pairwise(at))
    assert drawn.count('<g class="plan">') == 26


def test_a_share_of_nothing_is_empty() -> None:
    assert 'width="0.00"' in share_bar(0, 0)


def test_a_notice_holds_our_words_alone() -> None:
    assert EVIL not in notice_page("Not here", EVIL)


def test_a_kpi_without_a_value_says_why() -> None:
    unknown = answer(value=None, previous=None, target=None, interval=None, series=(), notes=("Two currencies.",))
    page = page_of(full().model_copy(update={"trends": (unknown,)}))
    assert '<div class="value">–</div>' in page
    assert '<p class="note">Two currencies.</p>' in page


def test_every_job_of_the_timetable_has_words():
    assert set(JOB_WORDS) == set(JOBS)
