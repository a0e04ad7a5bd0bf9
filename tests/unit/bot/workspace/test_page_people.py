"""The page in a real browser: who is in the workspace, and the controls that governing needs."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Page, async_playwright, expect
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.buttons import ActionId, BulkVerb, CallbackId
from bot.slack.cards.bulk_views import bulk_view
from bot.slack.cards.home_view import home_view, read_ticked
from bot.slack.cards.people_views import delegate_view
from bot.slack.cards.plan_card import plan_card
from bot.slack.cards.propose_view import propose_view
from bot.workspace.seeds import ChannelSeed, Member
from bot.workspace.server import Workspace
from tests import builders as b
from tests.chromium import ARGUMENTS, CHROMIUM, needs_chromium

pytestmark = [pytest.mark.browser, needs_chromium]

Json = dict[str, Any]
LONDON = ZoneInfo("Europe/London")
MANIFEST: Json = {
    "features": {"slash_commands": [{"command": "/delegate"}, {"command": "/policy"}]},
    "oauth_config": {"scopes": {"bot": ["chat:write", "commands", "users:read"]}},
    "settings": {"event_subscriptions": {"bot_events": ["app_home_opened"]}, "interactivity": {"is_enabled": True}},
}
PEOPLE = (
    Member("U00OLIVIA", "olivia", "Olivia Reed", title="Operator"),
    Member("U00AARON", "aaron", "Aaron Blake", title="Approver"),
)
CHANNELS = (ChannelSeed("C00MARKETING", "marketing"),)
WAITING = {f"PLAN-{n}": b.a_dossier(plan=b.a_plan(id=f"PLAN-{n}")) for n in (1, 2, 3)}


class Heard:
    """What the app was told."""

    def __init__(self) -> None:
        self.chosen: list[str] = []
        self.values: list[Json] = []


def listen(app: AsyncApp, heard: Heard) -> None:
    @app.command("/delegate")
    async def delegate(ack: Any, body: Json, client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=delegate_view(today=date(2025, 6, 3)))

    @app.command("/policy")
    async def policy(ack: Any, body: Json, client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=propose_view())

    @app.event("app_home_opened")
    async def home(event: Json, client: AsyncWebClient) -> None:
        view = home_view(b.AARON, zone=LONDON, now=b.NOW, waiting=list(WAITING.values()))
        await client.views_publish(user_id=event["user"], view=view)

    @app.action(ActionId.HOME_PICK)
    async def pick(ack: Any) -> None:
        await ack()

    @app.action(ActionId.HOME_APPROVE)
    async def approve(ack: Any, body: Json, client: AsyncWebClient) -> None:
        await ack()
        ticked = read_ticked(body["view"]["state"]["values"])
        await client.views_open(trigger_id=body["trigger_id"], view=bulk_view(BulkVerb.APPROVE, ticked, WAITING))

    @app.action(ActionId.PLAN_MORE)
    async def more(ack: Any, action: Json) -> None:
        await ack()
        heard.chosen.append(action["selected_option"]["value"].split(":")[1])

    for callback in (CallbackId.DELEGATE, CallbackId.POLICY_PROPOSE):

        @app.view(callback)
        async def save(ack: Any, view: Json) -> None:
            await ack()
            heard.values.append(view["state"]["values"])


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
async def workspace(heard: Heard) -> AsyncIterator[Workspace]:
    server = Workspace(
        manifest=MANIFEST, bot_token="xoxb-test", app_token="xapp-test", people=PEOPLE, channels=CHANNELS
    )
    await server.start()
    app = AsyncApp(client=AsyncWebClient(token="xoxb-test", base_url=server.api_url))
    listen(app, heard)
    handler = AsyncSocketModeHandler(app, "xapp-test", ping_interval=0.2)
    await handler.connect_async()
    await server.wait_for(lambda: server.connections > 0)
    yield server
    await handler.close_async()
    await server.stop()


@pytest.fixture
async def page(workspace: Workspace) -> AsyncIterator[Page]:
    """The page, opened as the first person; whatever the browser complains about fails the test."""
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        opened = await browser.new_page()
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        # Whoever has just lost the account may have been reading: those requests find nobody.
        opened.on(
            "console",
            lambda said: complaints.append(said.text) if said.type == "error" and "404" not in said.text else None,
        )
        await opened.goto(workspace.base_url)
        await expect(opened.get_by_test_id("composer")).to_be_visible()
        yield opened
        await browser.close()
    assert complaints == []


async def run(page: Page, command: str) -> None:
    composer = page.get_by_test_id("composer")
    await composer.fill(command)
    await composer.press("Enter")


async def test_an_account_is_taken_away_and_given_back_from_the_menu_of_people(
    page: Page, workspace: Workspace
) -> None:
    await page.get_by_test_id("person-switch").click()
    await page.get_by_test_id("manage-people").click()
    await page.get_by_test_id("deactivate-U00AARON").click()
    await expect(page.get_by_test_id("reactivate-U00AARON")).to_be_visible()
    await page.get_by_test_id("add-guest").click()
    await expect(page.get_by_test_id("members").get_by_text("Gus Guest")).to_be_visible()
    await page.keyboard.press("Escape")
    await page.get_by_test_id("person-switch").click()
    await expect(page.get_by_role("menuitemradio")).to_contain_text(["Olivia Reed", "Gus Guest"])
    workspace.directory.reactivate("U00AARON")
    await page.keyboard.press("Escape")
    await page.get_by_test_id("person-switch").click()
    await expect(page.get_by_test_id("person-U00AARON")).to_be_visible()


async def test_whoever_loses_the_account_while_acting_becomes_somebody_else(page: Page, workspace: Workspace) -> None:
    workspace.directory.deactivate("U00OLIVIA")
    await expect(page.get_by_test_id("person-switch")).to_contain_text("Aaron Blake")


async def test_plans_ticked_at_home_are_named_again_with_their_money(page: Page) -> None:
    await page.get_by_test_id("home-tab").click()
    await page.get_by_label("Select PLAN-1").check()
    await page.get_by_label("Select PLAN-3").check()
    await page.get_by_role("button", name="Approve selected…").click()
    modal = page.get_by_test_id("modal")
    await expect(modal).to_contain_text("Approve 2 plans?")
    await expect(modal).to_contain_text("£2,940")
    await expect(modal.get_by_text("PLAN-2", exact=True)).to_have_count(0)


async def test_the_menu_of_a_card_reports_what_was_chosen(page: Page, workspace: Workspace, heard: Heard) -> None:
    message = plan_card(b.a_dossier(), zone=LONDON, now=b.NOW)
    client = AsyncWebClient(token="xoxb-test", base_url=workspace.api_url)
    await client.chat_postMessage(channel="C00MARKETING", text=message.text, blocks=list(message.blocks))
    await page.get_by_role("button", name="More actions").click()
    await page.get_by_role("menuitem", name="Remind whom it waits for").click()
    await workspace.wait_for(lambda: heard.chosen == ["remind"])


async def test_people_and_dates_are_picked(page: Page, workspace: Workspace, heard: Heard) -> None:
    await run(page, "/delegate")
    await page.get_by_label("Who decides?").select_option(label="Aaron Blake")
    await page.get_by_label("To the evening of").fill("2025-06-20")
    await page.get_by_test_id("modal-submit").click()
    await workspace.wait_for(lambda: heard.values)
    assert {name: held["held"] for name, held in heard.values[0].items()} == {
        "person": {"type": "users_select", "selected_user": "U00AARON"},
        "from": {"type": "datepicker", "selected_date": "2025-06-03"},
        "to": {"type": "datepicker", "selected_date": "2025-06-20"},
    }


async def test_files_are_chosen_and_taken_back(page: Page, workspace: Workspace, heard: Heard, tmp_path: Path) -> None:
    for name in ("caps.cedar", "caps.test.yml"):
        (tmp_path / name).write_text("permit", encoding="utf-8")
    await run(page, "/policy")
    await page.get_by_label("Files").set_input_files([tmp_path / "caps.cedar", tmp_path / "caps.test.yml"])
    await page.get_by_role("button", name="Remove caps.test.yml").click()
    await page.get_by_test_id("modal-submit").click()
    await workspace.wait_for(lambda: heard.values)
    assert [file["name"] for file in heard.values[0]["files"]["held"]["files"]] == ["caps.cedar"]
