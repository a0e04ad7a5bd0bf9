"""The web dashboard: opened by a link of one's own from Slack, and showing last week's numbers next week."""

import re
from collections.abc import AsyncIterator
from html import unescape

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from yarl import URL

from bot.dashboard.door import COOKIE
from bot.dashboard.routes import dashboard_routes
from bot.links import LINK_FOR, SESSION_FOR
from bot.web import status_routes
from storage.records.people import Person
from tests.fakes.member import words
from tests.scenarios.team import Team

Browser = TestClient[web.Request, web.Application]
LINK = re.compile(r"<(http[^|>]+/dashboard/enter[^|>]+)\|")
STRICT = ("default-src 'none'", "style-src 'self'", "form-action 'none'", "frame-ancestors 'none'", "base-uri 'none'")


@pytest.fixture
async def browser(team_in_drift: Team) -> AsyncIterator[Browser]:
    """A browser that has never been here, and the bot's own pages."""
    site = web.Application()
    site.add_routes(dashboard_routes(team_in_drift.office))
    site.add_routes(status_routes(team_in_drift.office))
    async with TestClient(TestServer(site)) as client:
        yield client


async def asked_in_slack(team: Team, name: str = "olivia", text: str = "") -> str:
    """The way in that a person gets for /dashboard; its address is the workspace's, so only the path is kept."""
    who = getattr(team, name)
    said = len(team.workspace.ephemerals(who.user, "C00MARKETING"))
    await who.send(f"/dashboard {text}".strip())
    await team.workspace.wait_for(lambda: len(team.workspace.ephemerals(who.user, "C00MARKETING")) > said, 30)
    told = " ".join(words(team.workspace.ephemerals(who.user, "C00MARKETING")[-1]))
    found = LINK.search(told)
    assert found is not None, told
    assert found[1].startswith(team.workspace.base_url)
    return URL(found[1]).path_qs


async def opened(browser: Browser, path: str) -> tuple[int, str, str]:
    """Status, address and text of a page, redirects followed."""
    async with browser.get(path) as answer:
        return answer.status, answer.url.path_qs, unescape(await answer.text())


async def test_a_link_from_slack_opens_the_dashboard_and_the_address_alone_does_not(
    team_in_drift: Team, browser: Browser
) -> None:
    status, address, page = await opened(browser, await asked_in_slack(team_in_drift))

    assert status == 200
    assert re.fullmatch(r"/dashboard/VIEW-1\?as_of=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", address)
    for shown in (
        "ROAS",
        "ALERT-1",
        "PLAN-1",
        "Drift cases",
        "Latency",
        "Success rates",
        "Policy violations",
        "Model health",
    ):
        assert shown in page
    browser.session.cookie_jar.clear()
    status, _, page = await opened(browser, address)
    assert status == 401
    assert "ROAS" not in page
    assert "/dashboard" in page


async def test_every_page_is_closed_to_those_without_a_link(browser: Browser) -> None:
    for path in ("/dashboard", "/dashboard/VIEW-1", "/dashboard/enter", "/dashboard/enter?pass=x", "/dashboard?days=7"):
        status, _, page = await opened(browser, path)
        assert status == 401, path
        assert "Slack" in page


async def test_a_forged_an_altered_and_a_misused_link_open_nothing(team_in_drift: Team, browser: Browser) -> None:
    links = team_in_drift.office.links
    token = URL(await asked_in_slack(team_in_drift)).query["pass"]
    payload, _, signature = token.partition(".")
    other = URL(links.link("http://x", "carla")).query["pass"].partition(".")
    forged = [
        f"{other[0]}.{signature}",
        f"{payload}.{'0' * 64}",
        f"{payload}.",
        payload,
        f"{payload}A.{signature}",
        links.session("olivia"),  # a cookie is no link
        f"é.{signature}",
        "A" * 5000 + ".x",
    ]
    for one in forged:
        async with browser.get("/dashboard/enter", params={"pass": one}) as answer:
            assert answer.status == 401, one
            assert COOKIE not in answer.cookies
    browser.session.cookie_jar.update_cookies({COOKIE: token}, URL(str(browser.make_url("/"))))
    assert (await opened(browser, "/dashboard"))[0] == 401  # and a link is no cookie


async def test_a_link_ends_after_minutes_and_a_visit_after_hours(team_in_drift: Team, browser: Browser) -> None:
    path = await asked_in_slack(team_in_drift)
    team_in_drift.wall.pass_(seconds=LINK_FOR.total_seconds())
    status, _, page = await opened(browser, path)
    assert status == 401
    assert "expired" in page

    status, address, _ = await opened(browser, await asked_in_slack(team_in_drift))
    assert status == 200
    team_in_drift.wall.pass_(seconds=SESSION_FOR.total_seconds())
    status, _, page = await opened(browser, address)
    assert status == 401
    assert "expired" in page


async def test_who_is_deactivated_is_out_at_the_next_click(team_in_drift: Team, browser: Browser) -> None:
    status, address, _ = await opened(browser, await asked_in_slack(team_in_drift, "aaron"))
    assert status == 200

    team_in_drift.workspace.directory.make_guest("U00AARON")
    await team_in_drift.desk.accounts.look_up("U00AARON")

    for path in (address, "/dashboard?days=7"):
        status, _, page = await opened(browser, path)
        assert status == 403
        assert "ROAS" not in page


async def test_who_has_no_role_is_told_so_and_gets_no_link(team_in_drift: Team) -> None:
    nobody = Person(id="victor", name="Victor Hale", roles=frozenset(), slack_id="U00VICTOR")
    async with team_in_drift.office.ledger.write() as tx:
        await tx.people.replace([*(one for one in await tx.people.all() if one.id != "victor"), nobody])
    victor = team_in_drift.victor
    await victor.send("/dashboard")
    await team_in_drift.workspace.wait_for(lambda: team_in_drift.workspace.ephemerals(victor.user, "C00MARKETING"), 30)
    told = " ".join(words(team_in_drift.workspace.ephemerals(victor.user, "C00MARKETING")[-1]))
    assert "enter?pass" not in told


async def test_next_week_the_same_address_shows_the_same_numbers_after_a_restatement(
    team_in_drift: Team, browser: Browser
) -> None:
    team = team_in_drift
    _, address, before = await opened(browser, await asked_in_slack(team))

    await team.office.advance(7)  # late conversions of the days that were shown arrive meanwhile
    team.wall.pass_(days=7)

    view_id = address.partition("?")[0].rpartition("/")[2]
    status, again, after = await opened(browser, await asked_in_slack(team, "carla", view_id))
    assert (status, again) == (200, address)
    assert tiles_of(after) == tiles_of(before)
    assert "earlier view" in after
    _, newer, now = await opened(browser, "/dashboard")
    assert newer != address
    assert tiles_of(now) != tiles_of(before)
    assert "earlier view" not in now


def tiles_of(page: str) -> dict[str, str]:
    """KPI → everything its tile says, the days one by one included."""
    found = dict(re.findall(r'<article class="tile" data-kpi="(\w+)">(.*?)</article>', page, re.DOTALL))
    assert {"roas", "conversions", "spend"} <= set(found)
    return found


async def test_a_view_that_was_changed_in_the_database_is_not_shown(team_in_drift: Team, browser: Browser) -> None:
    _, address, _ = await opened(browser, await asked_in_slack(team_in_drift))
    async with team_in_drift.office.ledger.write() as tx:
        await tx._connection.exec_driver_sql("UPDATE dashboard_part SET body = replace(body, '1', '2')")

    status, _, page = await opened(browser, address)

    assert status == 500
    assert "was changed in the database" in page


async def test_a_view_that_never_was_and_another_moment_are_not_found(team_in_drift: Team, browser: Browser) -> None:
    _, address, _ = await opened(browser, await asked_in_slack(team_in_drift))
    for path in (
        "/dashboard/VIEW-99",
        "/dashboard/VIEW-0",
        "/dashboard/..%2Fkeys",
        f"{address}x",
        "/dashboard/VIEW-1?as_of=2001-01-01",
    ):
        assert (await opened(browser, path))[0] == 404, path
    assert (await opened(browser, "/dashboard?days=8"))[0] == 400


async def test_the_pages_run_nothing_and_are_kept_and_framed_by_nobody(team_in_drift: Team, browser: Browser) -> None:
    async with browser.get(await asked_in_slack(team_in_drift)) as answer:
        page = await answer.text()
        headers = answer.headers
    assert all(rule in headers["Content-Security-Policy"] for rule in STRICT)
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Frame-Options"] == "DENY"
    for banned in ("<script", " style=", "javascript:", "onload", "http://", "https://"):
        assert banned not in page, banned


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(team_in_drift: Team) -> None:
    site = web.Application()
    site.add_routes(dashboard_routes(team_in_drift.office, secure=True))
    async with TestClient(TestServer(site)) as client:
        path = await asked_in_slack(team_in_drift)
        async with client.get(path, allow_redirects=False) as answer:
            kept = answer.cookies[COOKIE]
    assert answer.status == 303
    assert kept["httponly"]
    assert kept["secure"]
    assert kept["samesite"] == "Lax"
    assert kept["path"] == "/dashboard"


async def test_the_trail_tells_who_asked_and_what_they_opened(team_in_drift: Team, browser: Browser) -> None:
    await opened(browser, await asked_in_slack(team_in_drift))

    assert await team_in_drift.actions_on("dashboard") == ["dashboard.link_given"]
    assert await team_in_drift.actions_on("VIEW-1") == ["dashboard.opened"]
    assert await team_in_drift.trail_is_whole()


async def test_what_was_waited_for_is_measured_and_told_to_prometheus(team_in_drift: Team, browser: Browser) -> None:
    team = team_in_drift
    await team.olivia.send("/kpi roas last week")
    await team.workspace.wait_for(lambda: team.workspace.ephemerals("U00OLIVIA", "C00MARKETING"), 30)
    await opened(browser, await asked_in_slack(team))
    async with browser.get("/metrics") as answer:
        text = await answer.text()

    for what in ("ack", "ask", "card", "dashboard"):
        assert f'countersign_latency_seconds_count{{what="{what}"}}' in text, what
    assert 'countersign_alerts_open{kind="drift",severity="critical"} 1.0' in text
    assert "countersign_rules_trusted 1.0" in text
    assert 'countersign_changes{state="applied"}' in text
    assert "paid_search" not in text
    assert sample(text, 'failures_total{what="ask"}') == 0
    await team.tick()  # written to the database, and counted once all the same
    async with browser.get("/metrics") as answer:
        assert sample(await answer.text(), 'latency_seconds_count{what="ask"}') == sample(
            text, 'latency_seconds_count{what="ask"}'
        )


def sample(text: str, name: str) -> float:
    return float(next(line.rpartition(" ")[2] for line in text.splitlines() if line.startswith(f"countersign_{name}")))


async def test_hostile_names_stay_words(team_in_drift: Team, browser: Browser) -> None:
    async with team_in_drift.office.ledger.write() as tx:
        alert = (await tx.alerts.unrecovered())[0]
        finding = alert.finding.model_copy(
            update={"entity": '"><script>alert(1)</script>', "title": "<b>\u202eevil</b>"}
        )
        await tx.alerts.save(alert.model_copy(update={"finding": finding}))
    async with browser.get(await asked_in_slack(team_in_drift)) as answer:
        page = await answer.text()

    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "\u202e" not in page
