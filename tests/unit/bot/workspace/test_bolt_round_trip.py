"""The real Bolt app over its real Socket Mode handler, unchanged but for the base URL."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.workspace.server import Workspace
from tests.fakes.member import Member, NotShown

Json = dict[str, Any]
Connect = Callable[[], Awaitable[None]]

CARD: list[Json] = [
    {"type": "section", "block_id": "facts", "text": {"type": "mrkdwn", "text": "Move *1,200 €*"}},
    {
        "type": "actions",
        "block_id": "decide",
        "elements": [
            {"type": "button", "action_id": "approve", "text": {"type": "plain_text", "text": "Approve"}, "value": "p1",
             "visible_to_user_ids": ["U00AARON"]},
            {"type": "button", "action_id": "edit", "text": {"type": "plain_text", "text": "Edit"}, "value": "p1"},
            {"type": "overflow", "action_id": "more", "options": [
                {"text": {"type": "plain_text", "text": "Snooze"}, "value": "snooze"}]},
            {"type": "static_select", "action_id": "pick", "options": [
                {"text": {"type": "plain_text", "text": "Email"}, "value": "email"}]},
        ],
    },
]  # fmt: skip
FORM: Json = {
    "type": "modal",
    "callback_id": "form",
    "private_metadata": "p1",
    "notify_on_close": True,
    "title": {"type": "plain_text", "text": "Edit"},
    "submit": {"type": "plain_text", "text": "Save"},
    "blocks": [
        {"type": "input", "block_id": "amount", "label": {"type": "plain_text", "text": "Amount"},
         "element": {"type": "number_input", "is_decimal_allowed": False, "action_id": "v", "min_value": "0"}},
        {"type": "input", "block_id": "where", "optional": True, "label": {"type": "plain_text", "text": "Where"},
         "element": {"type": "static_select", "action_id": "v", "options": [
             {"text": {"type": "plain_text", "text": "Email"}, "value": "email"}]}},
    ],
}  # fmt: skip


async def test_a_command_is_answered_in_channel_privately_and_by_its_ack(
    bolt: AsyncApp, connect: Connect, workspace: Workspace
) -> None:
    @bolt.command("/plan")
    async def plan(ack: Any, say: Any, respond: Any, command: Json) -> None:
        await ack(text="on it")
        await say(text=f"plan {command['text']} for {command['user_id']}", blocks=CARD)
        await respond("only you see this")
        await respond("everyone sees this", response_type="in_channel")

    await connect()
    async with Member(workspace, "U00OLIVIA") as olivia, Member(workspace, "U00AARON") as aaron:
        assert await olivia.send("/plan spring  sale") == {"ok": True}
        assert (await olivia.sees("on it"))["ephemeral_to"] == "U00OLIVIA"
        assert (await olivia.sees("only you see this"))["ephemeral_to"] == "U00OLIVIA"
        await aaron.sees("everyone sees this")
        assert (await aaron.sees("Move"))["text"] == "plan spring  sale for U00OLIVIA"
        with pytest.raises(NotShown):
            await aaron.sees("only you", within=0.01)


async def test_a_mention_is_answered_in_its_thread_with_a_status_meanwhile(
    bolt: AsyncApp, connect: Connect, workspace: Workspace
) -> None:
    statuses = []

    @bolt.event("app_mention")
    async def mention(event: Json, say: Any, client: AsyncWebClient) -> None:
        await client.assistant_threads_setStatus(
            channel_id=event["channel"], thread_ts=event["ts"], status="is counting"
        )
        statuses.append(workspace.status_of(event["channel"], event["ts"]))
        await say(text=f"heard: {event['text']}", thread_ts=event["ts"])

    await connect()
    async with Member(workspace, "U00OLIVIA") as olivia:
        sent = await olivia.send("@countersign how is <ROAS> & CPA of @Aaron Blake in #general?")
        answer = await olivia.sees("heard", thread_ts=sent["ts"])
        assert answer["text"] == (
            "heard: <@U00BOT> how is &lt;ROAS&gt; &amp; CPA of <@U00AARON> in <#C00GENERAL|general>?"
        )
        assert statuses == ["is counting"]
        assert workspace.status_of("C00MARKETING", sent["ts"]) == ""
        assert workspace.messages("C00MARKETING")[0]["reply_count"] == 1


async def test_a_direct_message_reaches_the_app_and_the_apps_own_lines_do_not_loop(
    bolt: AsyncApp, connect: Connect, workspace: Workspace
) -> None:
    @bolt.event("message")
    async def message(event: Json, say: Any) -> None:
        await say(f"{event['channel_type']}: {event['text']}")

    await connect()
    async with Member(workspace, "U00OLIVIA") as olivia:
        await olivia.send("hello", "im")
        await olivia.sees("im: hello", "im")
        await workspace.wait_for(lambda: not workspace.pending_events)
    assert [message["text"] for message in workspace.messages("U00OLIVIA")] == ["hello", "im: hello"]


async def test_a_click_updates_the_card_and_only_the_named_person_is_offered_it(
    bolt: AsyncApp, connect: Connect, workspace: Workspace, client: AsyncWebClient
) -> None:
    seen: list[Json] = []

    @bolt.action("approve")
    async def approve(ack: Any, body: Json, respond: Any) -> None:
        await ack()
        seen.append(body)
        await respond(text=f"approved by <@{body['user']['id']}>", replace_original=True)

    await connect()
    await client.chat_postMessage(channel="#marketing", text="card", blocks=CARD)
    async with Member(workspace, "U00OLIVIA") as olivia, Member(workspace, "U00AARON") as aaron:
        card = await olivia.sees("Move")
        with pytest.raises(NotShown, match="Edit"):
            await olivia.click(card, "Approve")
        assert await aaron.click(await aaron.sees("Move"), "Approve") == {"ok": True}
        assert (await olivia.sees("approved by <@U00AARON>"))["blocks"] == []
    body = seen[0]
    assert body["container"] == {
        "type": "message", "message_ts": card["ts"], "channel_id": "C00MARKETING", "is_ephemeral": False,
    }  # fmt: skip
    assert body["actions"][0]["value"] == "p1"
    assert body["message"]["blocks"] == CARD
    assert body["state"] == {"values": {"decide": {"pick": {"type": "static_select", "selected_option": None}}}}


async def test_overflow_and_menus_say_what_was_chosen(
    bolt: AsyncApp, connect: Connect, workspace: Workspace, client: AsyncWebClient
) -> None:
    chosen = []

    @bolt.action("more")
    @bolt.action("pick")
    async def used(ack: Any, action: Json) -> None:
        await ack()
        chosen.append((action["type"], action["selected_option"]["value"]))

    await connect()
    await client.chat_postMessage(channel="C00MARKETING", text="card", blocks=CARD)
    async with Member(workspace, "U00OLIVIA") as olivia:
        card = await olivia.sees("Move")
        await olivia.click(card, "Snooze")
        await olivia.choose(card, "pick", "email")
    assert chosen == [("overflow", "snooze"), ("static_select", "email")]


async def test_a_modal_shows_errors_until_it_is_right(bolt: AsyncApp, connect: Connect, workspace: Workspace) -> None:
    states = []

    @bolt.command("/plan")
    async def plan(ack: Any, body: Json, client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=FORM)

    @bolt.view("form")
    async def saved(ack: Any, view: Json, client: AsyncWebClient, body: Json) -> None:
        states.append(view["state"]["values"])
        if view["state"]["values"]["amount"]["v"]["value"] == "13":
            await ack(response_action="errors", errors={"amount": "not 13"})
            return
        await ack()
        await client.chat_postMessage(channel="C00MARKETING", text=f"saved {view['private_metadata']}")

    await connect()
    async with Member(workspace, "U00OLIVIA") as olivia:
        await olivia.send("/plan")
        await olivia.sees_modal("Amount")
        missing = await olivia.submit()
        assert missing == {"ok": False, "errors": {"amount": "Please complete this required field."}}
        assert (await olivia.submit(amount=1.5))["errors"] == {"amount": "Please enter a whole number."}
        assert (await olivia.submit(amount=-1))["errors"] == {"amount": "Please enter a number of at least 0."}
        assert states == []
        assert await olivia.submit(amount=13) == {"ok": False, "errors": {"amount": "not 13"}}
        assert olivia.view()["callback_id"] == "form"
        assert await olivia.submit(amount=12, where="email") == {"ok": True}
        await olivia.sees_no_modal()
        await olivia.sees("saved p1")
    assert states[-1] == {
        "amount": {"v": {"type": "number_input", "value": "12"}},
        "where": {"v": {"type": "static_select",
                        "selected_option": {"text": {"type": "plain_text", "text": "Email"}, "value": "email"}}},
    }  # fmt: skip


async def test_modals_can_be_updated_pushed_cleared_and_closed_with_notice(
    bolt: AsyncApp, connect: Connect, workspace: Workspace
) -> None:
    closed = []
    answers = {"1": ("update", "Second"), "2": ("push", "Third"), "3": ("clear", "")}

    @bolt.command("/plan")
    async def plan(ack: Any, body: Json, client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=FORM)

    @bolt.view("form")
    async def saved(ack: Any, view: Json) -> None:
        action, title = answers[view["state"]["values"]["amount"]["v"]["value"]]
        if action == "clear":
            await ack(response_action=action)
        else:
            await ack(response_action=action, view={**FORM, "title": {"type": "plain_text", "text": title}})

    @bolt.view_closed("form")
    async def shut(ack: Any, body: Json) -> None:
        await ack()
        closed.append(body["view"]["title"]["text"])

    await connect()
    async with Member(workspace, "U00OLIVIA") as olivia:
        await olivia.send("/plan")
        first = await olivia.sees_modal("Edit")
        await olivia.submit(amount=1)
        second = await olivia.sees_modal("Second")
        assert (second["id"], second["hash"] != first["hash"]) == (first["id"], True)
        await olivia.submit(amount=2)
        third = await olivia.sees_modal("Third")
        assert (third["previous_view_id"], third["root_view_id"]) == (first["id"], first["id"])
        assert await olivia.close() == {"ok": True}
        assert closed == ["Third"]
        await olivia.sees_modal("Second")
        await olivia.submit(amount=3)
        await olivia.sees_no_modal()


async def test_the_home_tab_is_published_and_its_buttons_work(
    bolt: AsyncApp, connect: Connect, workspace: Workspace
) -> None:
    @bolt.event("app_home_opened")
    async def opened(event: Json, client: AsyncWebClient) -> None:
        text = {"type": "mrkdwn", "text": f"welcome <@{event['user']}>"}
        blocks = [{"type": "section", "text": text}, *CARD[1:]]
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": blocks})

    @bolt.action("edit")
    async def edit(ack: Any, body: Json, client: AsyncWebClient) -> None:
        await ack()
        assert body["container"] == {"type": "view", "view_id": body["view"]["id"]}
        await client.views_open(trigger_id=body["trigger_id"], view=FORM)

    await connect()
    async with Member(workspace, "U00OLIVIA") as olivia:
        await olivia.open_home()
        home = await olivia.sees_home("welcome <@U00OLIVIA>")
        assert workspace.home_of("U00AARON") is None
        await olivia.click(home, "Edit")
        await olivia.sees_modal("Amount")


async def test_ephemerals_are_replaced_and_deleted_by_their_response_url(
    bolt: AsyncApp, connect: Connect, workspace: Workspace, client: AsyncWebClient
) -> None:
    @bolt.action("edit")
    async def edit(ack: Any, respond: Any, body: Json) -> None:
        await ack()
        assert "message" not in body
        assert body["container"]["is_ephemeral"]
        await respond(text="changed", blocks=CARD, replace_original=True)

    @bolt.action("more")
    async def more(ack: Any, respond: Any) -> None:
        await ack()
        await respond(delete_original=True)

    await connect()
    await client.chat_postEphemeral(channel="C00MARKETING", user="U00OLIVIA", text="psst", blocks=CARD)
    async with Member(workspace, "U00OLIVIA") as olivia:
        await olivia.click(await olivia.sees("psst"), "Edit")
        await olivia.click(await olivia.sees("changed"), "Snooze")
        await workspace.wait_for(lambda: not workspace.ephemerals("U00OLIVIA", "C00MARKETING"))


async def test_a_listener_that_does_not_answer_times_out_for_the_person(make: Any, bolt_on: Any) -> None:
    workspace = await make(ack_seconds=0.2)
    async with bolt_on(workspace), Member(workspace, "U00OLIVIA") as olivia:
        assert await olivia.send("/plan") == {"ok": False, "error": "operation_timeout"}
        assert workspace.toasts_of("U00OLIVIA") == ['/plan failed with the error "operation_timeout"']


async def test_a_file_is_uploaded_shared_and_shown_to_the_browser(workspace: Workspace, client: AsyncWebClient) -> None:
    content = b"\x89PNG\r\n\x1a\n" + bytes(2000)
    answer = await client.files_upload_v2(
        channel="C00MARKETING",
        filename="chart.png",
        content=content,
        title="ROAS",
        alt_txt="a line",
        initial_comment="see",
    )
    file = answer["file"]
    assert (file["title"], file["alt_txt"], file["mimetype"]) == ("ROAS", "a line", "image/png")
    picture = {"type": "image", "alt_text": "x", "slack_file": {"id": file["id"]}}
    await client.chat_postMessage(channel="C00MARKETING", text="x", blocks=[picture])
    async with Member(workspace, "U00OLIVIA") as olivia:
        shared = await olivia.sees("see")
        assert shared["files"][0]["id"] == file["id"]
        assert olivia._session is not None
        async with olivia._session.get(f"/client/files/{file['id']}") as got:
            assert (got.content_type, await got.read()) == ("image/png", content)
            assert got.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


async def test_the_sdk_raises_slacks_codes(workspace: Workspace, client: AsyncWebClient) -> None:
    with pytest.raises(SlackApiError, match="invalid_blocks") as refusal:
        await client.chat_postMessage(channel="C00MARKETING", text="x", blocks=[{"type": "header"}])
    assert refusal.value.response["response_metadata"]["messages"] == [
        "[ERROR] missing required field: text [json-pointer:/blocks/0]"
    ]


async def test_an_answer_is_streamed_into_a_thread(workspace: Workspace, client: AsyncWebClient) -> None:
    parent = await client.chat_postMessage(channel="C00MARKETING", text="question")
    stream = await client.chat_stream(
        channel="C00MARKETING", thread_ts=parent["ts"], recipient_team_id="T00COUNTER", recipient_user_id="U00OLIVIA",
        buffer_size=1,
    )  # fmt: skip
    await stream.append(markdown_text="ROAS is ")
    task = {"type": "task_update", "id": "1", "title": "Look it up", "status": "in_progress"}
    await stream.append(chunks=[task])
    await stream.append(chunks=[{**task, "status": "complete", "output": "3.4"}])
    with pytest.raises(SlackApiError, match="streaming_state_conflict"):
        await client.chat_update(channel="C00MARKETING", ts=stream.ts, text="x")
    await stream.append(markdown_text="**3.4**")
    await stream.stop(blocks=[CARD[0]])
    answer = workspace.messages("marketing", thread_ts=parent["ts"])[1]
    assert [block["type"] for block in answer["blocks"]] == ["markdown", "task_card", "markdown", "section"]
    assert answer["blocks"][1]["status"] == "complete"
    assert (answer["text"], "streaming_state" in answer) == ("ROAS is **3.4**", False)
    with pytest.raises(SlackApiError, match="message_not_in_streaming_state"):
        await client.chat_appendStream(channel="C00MARKETING", ts=answer["ts"], markdown_text="x")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"recipient_user_id": ""}, "missing_recipient_user_id"),
        ({"recipient_team_id": ""}, "missing_recipient_team_id"),
        ({"thread_ts": "1.2"}, "thread_not_found"),
        ({"task_display_mode": "wild"}, "invalid_arguments"),
        ({"chunks": [{"type": "nope"}]}, "invalid_chunks"),
        ({"chunks": [{"type": "task_update", "id": "1", "title": "x", "status": "done"}]}, "invalid_blocks"),
        ({"markdown_text": "x" * 12_001}, "msg_too_long"),
    ],
)
async def test_a_wrong_stream_is_refused(client: AsyncWebClient, changes: Json, error: str) -> None:
    parent = await client.chat_postMessage(channel="C00MARKETING", text="question")
    right = {
        "channel": "C00MARKETING", "thread_ts": parent["ts"], "recipient_team_id": "T", "recipient_user_id": "U",
    }  # fmt: skip
    with pytest.raises(SlackApiError, match=error):
        await client.chat_startStream(**{**right, **changes})


async def test_without_interactivity_in_the_manifest_clicks_go_nowhere(make: Any) -> None:
    workspace = await make(manifest={"oauth_config": {"scopes": {"bot": ["chat:write"]}}})
    client = AsyncWebClient(token="xoxb-test", base_url=workspace.api_url)
    await client.chat_postMessage(channel="C00MARKETING", text="card", blocks=CARD)
    async with Member(workspace, "U00OLIVIA") as olivia:
        answer = await olivia.click(await olivia.sees("Move"), "Edit")
    assert answer == {"ok": False, "error": "interactivity_disabled"}
