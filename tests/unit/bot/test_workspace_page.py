"""The page of the local workspace in a real browser: what a marketer sees, clicks and types."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, async_playwright, expect
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.workspace.seeds import ChannelSeed, Member
from bot.workspace.server import Workspace
from tests.chromium import ARGUMENTS, CHROMIUM, needs_chromium

pytestmark = [pytest.mark.browser, needs_chromium]

Json = dict[str, Any]
MANIFEST: Json = {
    "features": {
        "slash_commands": [
            {"command": "/plan", "description": "Ask for a plan", "usage_hint": "[goal]"},
            {"command": "/market", "description": "Move the simulated market", "usage_hint": "tick 1d"},
        ]
    },
    "oauth_config": {"scopes": {"bot": ["chat:write", "commands", "channels:history", "im:history"]}},
    "settings": {"event_subscriptions": {"bot_events": []}, "interactivity": {"is_enabled": True}},
}
PEOPLE = (
    Member("U00OLIVIA", "olivia", "Olivia Reed", title="Operator"),
    Member("U00AARON", "aaron", "Aaron Blake", title="Approver"),
)
CHANNELS = (ChannelSeed("C00MARKETING", "marketing", topic="Plans"), ChannelSeed("C00GENERAL", "general"))


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def card(*, decided_by: str = "") -> list[Json]:
    approve: Json = {
        "type": "button",
        "action_id": "approve",
        "style": "primary",
        "text": plain("Approve"),
        "value": "plan-1",
        "visible_to_user_ids": ["U00AARON"],
        "confirm": {
            "title": plain("Approve?"),
            "text": plain("£210 a day moves."),
            "confirm": plain("Yes"),
            "deny": plain("No"),
        },
    }
    edit: Json = {"type": "button", "action_id": "edit", "text": plain("Edit"), "value": "plan-1"}
    last = (
        {"type": "context", "elements": [{"type": "mrkdwn", "text": f"Approved by <@{decided_by}>"}]}
        if decided_by
        else {"type": "actions", "block_id": "decide", "elements": [approve, edit]}
    )
    return [{"type": "header", "text": plain("Shift £210/day to paid search")}, last]


def edit_view() -> Json:
    amount = {"type": "number_input", "action_id": "amount", "is_decimal_allowed": True}
    return {
        "type": "modal",
        "callback_id": "edit",
        "title": plain("Edit plan"),
        "submit": plain("Save"),
        "blocks": [{"type": "input", "block_id": "daily", "label": plain("Pounds a day"), "element": amount}],
    }


class Heard:
    """What the app was told."""

    def __init__(self) -> None:
        self.commands: list[tuple[str, str, str]] = []
        self.saved: list[str] = []


def listen(app: AsyncApp, heard: Heard) -> None:
    @app.command("/market")
    async def market(ack: Any, command: Json, respond: Any) -> None:
        await ack()
        heard.commands.append((command["user_id"], command["channel_id"], command["text"]))
        await respond("The market moved.")

    @app.action("approve")
    async def approve(ack: Any, body: Json, client: AsyncWebClient) -> None:
        await ack()
        where = {"channel": body["channel"]["id"], "ts": body["message"]["ts"]}
        await client.chat_update(**where, text="Approved", blocks=card(decided_by=body["user"]["id"]))

    @app.action("edit")
    async def edit(ack: Any, body: Json, client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=edit_view())

    @app.view("edit")
    async def save(ack: Any, view: Json) -> None:
        amount = view["state"]["values"]["daily"]["amount"]["value"]
        if float(amount) > 500:
            await ack(response_action="errors", errors={"daily": "At most £500 a day."})
            return
        await ack()
        heard.saved.append(amount)


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
def client(workspace: Workspace) -> AsyncWebClient:
    return AsyncWebClient(token="xoxb-test", base_url=workspace.api_url)


@pytest.fixture
async def page(workspace: Workspace) -> AsyncIterator[Page]:
    """The page, opened as the first person; whatever the browser complains about fails the test."""
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        opened = await browser.new_page()
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        await opened.goto(workspace.base_url)
        await expect(opened.get_by_test_id("composer")).to_be_visible()
        yield opened
        await browser.close()
    assert complaints == []


async def become(page: Page, user: str) -> None:
    await page.get_by_test_id("person-switch").click()
    await page.get_by_test_id(f"person-{user}").click()


async def test_only_the_approver_sees_approve_and_the_card_follows_the_decision(
    page: Page, client: AsyncWebClient
) -> None:
    await client.chat_postMessage(channel="C00MARKETING", text="A plan waits", blocks=card())
    await expect(page.get_by_test_id("message").get_by_text("Shift £210/day")).to_be_visible()
    await expect(page.locator("[data-action-id=edit]")).to_be_visible()
    await expect(page.locator("[data-action-id=approve]")).to_have_count(0)

    await become(page, "U00AARON")
    await page.locator("[data-action-id=approve]").click()
    await page.get_by_test_id("confirm-deny").click()
    await expect(page.locator("[data-action-id=approve]")).to_be_enabled()
    await page.locator("[data-action-id=approve]").click()
    await page.get_by_test_id("confirm-accept").click()

    await expect(page.get_by_text("Approved by @Aaron Blake")).to_be_visible()
    await expect(page.locator("[data-action-id]")).to_have_count(0)


async def test_a_modal_shows_errors_at_the_field_keeps_what_was_typed_and_closes_when_accepted(
    page: Page, client: AsyncWebClient, heard: Heard
) -> None:
    await client.chat_postMessage(channel="C00MARKETING", text="A plan waits", blocks=card())
    await page.locator("[data-action-id=edit]").click()
    modal, field = page.get_by_test_id("modal"), page.get_by_label("Pounds a day")
    error = modal.locator("[data-error-for=daily]")

    await expect(field).to_be_focused()
    await page.get_by_test_id("modal-submit").click()
    await expect(error).to_have_text("Please complete this required field.")
    await field.fill("900")
    await field.press("Enter")
    await expect(error).to_have_text("At most £500 a day.")
    await expect(field).to_have_value("900")
    await expect(field).to_have_attribute("aria-invalid", "true")
    await field.fill("450")
    await page.get_by_test_id("modal-submit").click()

    await expect(modal).to_have_count(0)
    assert heard.saved == ["450"]


async def test_escape_closes_a_modal_and_the_server_agrees_after_a_reload(
    page: Page, client: AsyncWebClient, workspace: Workspace
) -> None:
    await client.chat_postMessage(channel="C00MARKETING", text="A plan waits", blocks=card())
    await page.locator("[data-action-id=edit]").click()
    await expect(page.get_by_test_id("modal")).to_be_visible()
    await page.reload()
    await expect(page.get_by_test_id("modal")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("modal")).to_have_count(0)
    await workspace.wait_for(lambda: workspace.view_of("U00OLIVIA") is None)


async def test_slash_commands_complete_with_the_keyboard(page: Page) -> None:
    composer = page.get_by_test_id("composer")
    await composer.fill("/")
    await expect(page.get_by_role("option")).to_have_count(2)
    await composer.press("ArrowDown")
    await composer.press("Tab")
    await expect(composer).to_have_value("/market ")
    await expect(page.get_by_role("option")).to_have_count(0)


async def test_advance_sends_the_slash_command_of_the_acting_person(page: Page, heard: Heard) -> None:
    await page.get_by_test_id("channel-C00GENERAL").click()
    await page.get_by_test_id("advance-7d").click()
    await expect(page.get_by_text("Only visible to you")).to_be_visible()
    assert heard.commands == [("U00OLIVIA", "C00GENERAL", "tick 7d")]


async def test_messages_elsewhere_count_as_unread_for_the_person_they_are_for(
    page: Page, client: AsyncWebClient
) -> None:
    row = page.get_by_test_id("channel-C00GENERAL")
    await client.chat_postMessage(channel="C00GENERAL", text="First")
    await expect(row.locator(".badge")).to_have_text("1")
    await row.click()
    await expect(page.get_by_test_id("message")).to_have_count(1)
    await expect(row.locator(".badge")).to_have_count(0)
    await become(page, "U00AARON")
    await expect(row.locator(".badge")).to_have_text("1")


async def test_a_thread_opens_beside_the_channel_and_takes_replies(page: Page, client: AsyncWebClient) -> None:
    await client.chat_postMessage(channel="C00MARKETING", text="A plan waits", blocks=card())
    await page.get_by_test_id("message").hover()
    await page.get_by_test_id("reply-in-thread").click()
    await page.get_by_test_id("thread-composer").fill("Looks right")
    await page.get_by_test_id("thread-send").click()
    await expect(page.get_by_test_id("thread-pane").get_by_test_id("message")).to_have_count(2)
    await expect(page.get_by_test_id("open-thread")).to_have_text("1 reply")
    await expect(page.locator("#main").get_by_test_id("message")).to_have_count(1)


async def test_what_was_missed_while_the_line_was_down_appears_when_it_is_back(
    page: Page, client: AsyncWebClient, workspace: Workspace
) -> None:
    await client.chat_postMessage(channel="C00MARKETING", text="Said before")
    await expect(page.get_by_test_id("message")).to_contain_text("Said before")  # so the line is up
    # It comes back within half a second, sooner than a loaded machine looks twice: the page itself takes note.
    await page.evaluate("""() => {
      const line = document.getElementById("connection");
      window.wasDown = false;
      new MutationObserver(() => { window.wasDown ||= !line.hidden; }).observe(line, { attributes: true });
    }""")
    workspace._core.changes.end_streams()
    await page.wait_for_function("() => window.wasDown")
    await client.chat_postMessage(channel="C00MARKETING", text="Said meanwhile")
    await expect(page.get_by_test_id("message").last).to_contain_text("Said meanwhile")
    await expect(page.locator("#connection")).to_be_hidden()


async def test_hostile_text_stays_text(page: Page, client: AsyncWebClient) -> None:
    hostile = '<img src=x onerror=alert(1)> <javascript:alert(1)|click> <https://example.org|*good*> "><script>'
    await client.chat_postMessage(channel="C00MARKETING", text=hostile)
    body = page.get_by_test_id("message").locator(".message-body")
    await expect(body).to_contain_text("<img src=x onerror=alert(1)>")
    await expect(body.locator("img, script")).to_have_count(0)
    assert await body.locator("a").evaluate_all("links => links.map((a) => a.href)") == ["https://example.org/"]


RENDERED = {
    "*bold* _italic_ ~gone~ `a*b*`": "<strong>bold</strong> <em>italic</em> <s>gone</s> <code>a*b*</code>",
    "2*3*4 and snake_case_name": "2*3*4 and snake_case_name",
    "*<https://example.org?a=1&amp;b=2|x>*": '<strong><a href="https://example.org?a=1&amp;b=2" target="_blank" rel="noopener noreferrer">x</a></strong>',
    "&lt;b&gt; &amp;amp;": "&lt;b&gt; &amp;amp;",
    "&gt; said\n&gt; twice": "<blockquote>said<br>twice</blockquote>",
    "```a\n*b*```": "<pre>a\n*b*</pre>",
    "<@U00OLIVIA> in <#C00MARKETING>": '<span class="mention mine">@Olivia Reed</span> in <button type="button" class="mention link" data-open-channel="C00MARKETING">#marketing</button>',
    "<!here> <javascript:x|y>": '<span class="mention">@here</span> &lt;javascript:x|y&gt;',
    "<!date^0^{nonsense}|then>": '<time title="then">then</time>',
    ":tada: :no_such_name:": '<span class="emoji" role="img" aria-label="tada">🎉</span> :no_such_name:',
}
RENDER = """async (source) => {
  const { mrkdwn } = await import("/static/mrkdwn.js");
  const box = document.createElement("div");
  box.append(mrkdwn(source));
  return box.innerHTML;
}"""


async def test_mrkdwn_is_rendered_as_slack_does(page: Page) -> None:
    assert {source: await page.evaluate(RENDER, source) for source in RENDERED} == RENDERED


async def test_a_block_of_an_unknown_type_is_shown_as_such(page: Page) -> None:
    shown = await page.evaluate(
        """async () => {
          const { renderBlocks } = await import("/static/blocks.js");
          const box = document.createElement("div");
          box.append(renderBlocks([{ type: "hologram" }, { type: "actions", elements: [{ type: "dial" }] }]));
          return box.textContent;
        }"""
    )
    assert shown == "unsupported block: hologramunsupported element: dial"


async def test_charts_of_every_kind_show_their_names_and_numbers(page: Page, client: AsyncWebClient) -> None:
    points = [{"label": "Email", "value": 11.43}, {"label": "Website", "value": 4.1}]
    over = {"series": [{"name": "ROAS", "data": points}], "axis_config": {"categories": ["Email", "Website"]}}
    for chart in ({"type": "bar", **over}, {"type": "line", **over}, {"type": "pie", "segments": points}):
        block = {"type": "data_visualization", "title": f"ROAS as {chart['type']}", "chart": chart}
        await client.chat_postMessage(channel="C00MARKETING", text="ROAS", blocks=[block])

    for kind, said in (("bar", "11.43"), ("line", "Email – Website · newest ROAS: 4.1"), ("pie", "11.43 (74%)")):
        shown = page.get_by_role("group", name=f"Chart: ROAS as {kind}")
        await expect(shown).to_contain_text(said)


async def test_the_page_fits_a_phone(page: Page, client: AsyncWebClient) -> None:
    await client.chat_postMessage(channel="C00MARKETING", text="A plan waits", blocks=card())
    await expect(page.get_by_test_id("message")).to_be_visible()
    await page.set_viewport_size({"width": 390, "height": 844})
    await expect(page.get_by_test_id("home-tab")).to_be_hidden()
    await expect(page.get_by_test_id("person-switch")).to_be_in_viewport()
    assert await page.evaluate("document.documentElement.scrollWidth") == 390
    await page.get_by_role("button", name="Show channels").click()
    await page.get_by_test_id("home-tab").click()
    await expect(page.get_by_test_id("home")).to_be_visible()
    await expect(page.get_by_test_id("home-tab")).to_be_hidden()


async def test_files_are_chosen_named_taken_away_and_sent_with_the_text(
    page: Page, workspace: Workspace, tmp_path: Path
) -> None:
    for name, size in (("google <b>ads</b>.csv", 2_400), ("meta.csv", 90), ("wrong.xlsx", 10)):
        (tmp_path / name.replace("/", "")).write_bytes(b"x" * size)
    await page.get_by_test_id("file-chooser").set_input_files(_files_of(tmp_path))
    chips = page.get_by_test_id("attachment")
    await expect(chips).to_have_count(3)
    await expect(chips.first).to_contain_text("2.4 KB")
    await page.get_by_label("Remove wrong.xlsx").click()
    await page.get_by_test_id("composer").fill("Two files of last month")
    await page.get_by_test_id("send").click()

    shared = page.get_by_test_id("message").filter(has_text="Two files of last month")
    await expect(shared.get_by_test_id("file")).to_have_count(2)
    await expect(shared.get_by_test_id("file").first).to_contain_text("google <b>ads<b>.csv")
    await expect(chips).to_have_count(0)
    (message,) = workspace.messages("C00MARKETING")
    assert [file["name"] for file in message["files"]] == ["google <b>ads<b>.csv", "meta.csv"]


_DRAG = """(names) => {
  const held = new DataTransfer();
  for (const name of names) held.items.add(new File(["Day,Cost"], name, { type: "text/csv" }));
  return held;
}"""


async def test_files_are_dropped_anywhere_on_the_channel_and_sent_without_words(
    page: Page, workspace: Workspace
) -> None:
    carried = await page.evaluate_handle(_DRAG, ["a.csv", "b.csv"])
    messages = page.locator(".pane .scroller")
    await messages.dispatch_event("dragenter", {"dataTransfer": carried})
    await expect(page.get_by_text("Drop files to share in #marketing")).to_be_visible()
    await messages.dispatch_event("drop", {"dataTransfer": carried})
    await expect(page.get_by_text("Drop files to share in #marketing")).to_be_hidden()
    await expect(page.get_by_test_id("attachment")).to_have_count(2)
    await expect(page.get_by_test_id("send")).to_be_enabled()
    await page.get_by_test_id("send").click()

    await expect(page.get_by_test_id("message").get_by_test_id("file")).to_have_count(2)
    assert len(workspace.messages("C00MARKETING")) == 1


async def test_a_drop_into_a_thread_goes_to_the_thread(
    page: Page, client: AsyncWebClient, workspace: Workspace
) -> None:
    parent = await client.chat_postMessage(channel="C00MARKETING", text="Which export do you mean?")
    await page.get_by_test_id("message").filter(has_text="Which export").hover()
    await page.get_by_test_id("reply-in-thread").click()
    thread = page.get_by_test_id("thread-pane")
    carried = await page.evaluate_handle(_DRAG, ["this one.csv"])
    await thread.locator(".scroller").dispatch_event("drop", {"dataTransfer": carried})
    await expect(thread.get_by_test_id("attachment")).to_have_count(1)
    await page.get_by_test_id("thread-send").click()

    await expect(thread.get_by_test_id("file")).to_have_text("this one.csvCSV · 8 bytes")
    assert len(workspace.messages("C00MARKETING", thread_ts=parent["ts"])) == 2


async def test_an_empty_file_is_refused_with_words_and_the_rest_stays(page: Page, tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "full.csv").write_bytes(b"x")
    await page.get_by_test_id("file-chooser").set_input_files(_files_of(tmp_path))
    await expect(page.get_by_test_id("toast")).to_contain_text("empty.csv was not taken: it is empty")
    await expect(page.get_by_test_id("attachment")).to_have_count(1)


def _files_of(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())
