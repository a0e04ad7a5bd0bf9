"""People leave and come back, and guests, bots and strangers turn up; apps are told as Slack tells them."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.workspace.directory import KINDS, OTHER_TEAM
from bot.workspace.server import Workspace
from tests.fakes.member import Member
from tests.unit.bot.workspace.conftest import BOT_TOKEN, MANIFEST, Make, RawApp

Json = dict[str, Any]
TOLD: Json = {
    **MANIFEST,
    "settings": {**MANIFEST["settings"], "event_subscriptions": {"bot_events": ["user_change", "team_join"]}},
}


@pytest.fixture
async def workspace(make: Make) -> Workspace:
    return await make(manifest=TOLD)


@pytest.fixture
async def olivia(workspace: Workspace) -> AsyncIterator[Member]:
    async with Member(workspace, "U00OLIVIA") as person:
        yield person


async def user(client: AsyncWebClient, name: str) -> Json:
    return dict((await client.users_info(user=name))["user"])


async def test_a_deactivated_person_is_said_to_be_and_can_do_nothing(
    workspace: Workspace, client: AsyncWebClient, olivia: Member
) -> None:
    workspace.directory.deactivate("U00OLIVIA")
    assert (await user(client, "U00OLIVIA"))["deleted"] is True
    assert await olivia.send("Hello") == {"ok": False, "error": "user_not_found"}
    with pytest.raises(SlackApiError, match="user_disabled"):
        await client.conversations_open(users="U00OLIVIA")
    workspace.directory.reactivate("U00OLIVIA")
    assert (await user(client, "U00OLIVIA"))["deleted"] is False
    assert (await olivia.send("Hello"))["ok"] is True


async def test_guests_bots_and_strangers_are_described_as_such(workspace: Workspace, client: AsyncWebClient) -> None:
    added = {kind: workspace.directory.add(kind, f"Some {kind}") for kind in KINDS}
    seen = {kind: await user(client, person.id) for kind, person in added.items()}
    assert {kind: (one["is_restricted"], one["is_bot"], one["team_id"]) for kind, one in seen.items()} == {
        "member": (False, False, "T00COUNTER"),
        "guest": (True, False, "T00COUNTER"),
        "bot": (False, True, "T00COUNTER"),
        "stranger": (False, False, OTHER_TEAM),
    }
    assert seen["stranger"]["is_stranger"] is True
    listed = {one["id"] for one in (await client.users_list())["members"]}
    assert {person.id for person in added.values()} <= listed


async def test_a_member_can_become_a_guest_and_back(workspace: Workspace, client: AsyncWebClient) -> None:
    workspace.directory.make_guest("U00AARON")
    assert (await user(client, "U00AARON"))["is_restricted"] is True
    workspace.directory.make_guest("U00AARON", guest=False)
    assert (await user(client, "U00AARON"))["is_restricted"] is False


async def test_the_app_is_told_of_every_change(
    workspace: Workspace, bolt: AsyncApp, connect: Any, client: AsyncWebClient
) -> None:
    heard: list[tuple[str, str, bool]] = []

    async def note(event: Json) -> None:
        heard.append((event["type"], event["user"]["id"], event["user"]["deleted"]))

    bolt.event("user_change")(note)
    bolt.event("team_join")(note)
    await connect()
    workspace.directory.deactivate("U00AARON")
    guest = workspace.directory.add("guest", "Gus Guest")
    workspace.directory.reactivate("U00AARON")
    await workspace.wait_for(lambda: len(heard) == 3)
    assert sorted(heard) == [
        ("team_join", guest.id, False),
        ("user_change", "U00AARON", False),
        ("user_change", "U00AARON", True),
    ]


@pytest.mark.parametrize("lacks", ["events", "scope"])
async def test_without_subscription_or_scope_nothing_is_sent(make: Make, lacks: str) -> None:
    scopes = [] if lacks == "scope" else ["users:read"]
    settings = MANIFEST["settings"] if lacks == "events" else TOLD["settings"]
    silent = await make(manifest={**MANIFEST, "oauth_config": {"scopes": {"bot": scopes}}, "settings": settings})
    silent.directory.deactivate("U00AARON")
    assert silent.pending_events == []


@pytest.mark.parametrize("method", ["users.info", "users.list"])
async def test_reading_users_needs_the_scope(make: Make, method: str) -> None:
    blind = await make(manifest={**MANIFEST, "oauth_config": {"scopes": {"bot": ["chat:write"]}}})
    app = RawApp(blind)
    answer = await app.call(method, user="U00AARON")
    await app.close()
    assert (answer["error"], answer["needed"]) == ("missing_scope", "users:read")


async def test_whoever_is_not_of_the_team_acts_as_a_stranger(
    workspace: Workspace, bolt: AsyncApp, connect: Any
) -> None:
    heard: list[Json] = []

    @bolt.command("/plan")
    async def plan(ack: Any, command: Json) -> None:
        await ack()
        heard.append(command)

    @bolt.action("go")
    async def go(ack: Any, body: Json) -> None:
        await ack()
        heard.append(body["user"])

    await connect()
    stranger = workspace.directory.add("stranger", "Sam Stranger", user="U00SAM")
    button = {"type": "button", "action_id": "go", "value": "1", "text": {"type": "plain_text", "text": "Go"}}
    client = AsyncWebClient(token=BOT_TOKEN, base_url=workspace.api_url)
    await client.chat_postMessage(channel="C00MARKETING", text="x", blocks=[{"type": "actions", "elements": [button]}])
    async with Member(workspace, stranger.id) as sam:
        await sam.click(await sam.sees("x"), "Go")
        await sam.send("/plan")
    await workspace.wait_for(lambda: len(heard) == 2)
    assert heard[0]["team_id"] == OTHER_TEAM


async def test_who_came_and_left_is_remembered_and_names_follow_the_seeds(make: Make, tmp_path: Path) -> None:
    first = await make(folder=tmp_path)
    guest = first.directory.add("guest", "Gus Guest")
    first.directory.deactivate("U00AARON")
    await AsyncWebClient(token=BOT_TOKEN, base_url=first.api_url).chat_postMessage(channel=guest.id, text="Welcome")
    await first.stop()
    again = await make(folder=tmp_path)
    people = {
        one["id"]: one
        for one in (await AsyncWebClient(token=BOT_TOKEN, base_url=again.api_url).users_list())["members"]
    }
    assert people[guest.id]["is_restricted"] is True
    assert people["U00AARON"]["deleted"] is True
    assert guest.id in again.channel("C00MARKETING").members
    assert [one["text"] for one in again.messages(guest.id)] == ["Welcome"]


async def test_the_page_can_deactivate_reactivate_and_add(workspace: Workspace, olivia: Member) -> None:
    assert await olivia.post("people", change="deactivate", whom="U00AARON") == {"ok": True, "user": "U00AARON"}
    assert {one["id"]: one["deleted"] for one in (await olivia.get("boot"))["users"]}["U00AARON"] is True
    assert (await olivia.post("people", change="reactivate", whom="U00AARON"))["ok"] is True
    added = await olivia.post("people", change="add", kind="bot", name=" ")
    kinds = {one["id"]: one["kind"] for one in (await olivia.get("boot"))["users"]}
    assert kinds[added["user"]] == "bot"
    stranger = await olivia.post("people", change="add", kind="stranger", name="Sam")
    guest = await olivia.post("people", change="add", kind="guest", name="Gus")
    kinds = {one["id"]: one["kind"] for one in (await olivia.get("boot"))["users"]}
    assert (kinds[stranger["user"]], kinds[guest["user"]]) == ("stranger", "guest")


@pytest.mark.parametrize(
    "asked",
    [
        {"change": "deactivate", "whom": "U0"},
        {"change": "promote", "whom": "U00AARON"},
        {"change": "add", "kind": "king"},
        {},
    ],
)
async def test_odd_wishes_about_people_are_refused(olivia: Member, asked: Json) -> None:
    assert await olivia.post("people", **asked) == {"ok": False, "error": "user_not_found"}


MODAL: Json = {
    "type": "modal",
    "callback_id": "form",
    "title": {"type": "plain_text", "text": "Form"},
    "submit": {"type": "plain_text", "text": "Save"},
    "blocks": [
        {
            "type": "input",
            "block_id": "who",
            "label": {"type": "plain_text", "text": "Who"},
            "element": {"type": "users_select", "action_id": "held"},
        },
        {
            "type": "input",
            "block_id": "files",
            "optional": True,
            "label": {"type": "plain_text", "text": "Files"},
            "element": {"type": "file_input", "action_id": "held"},
        },
    ],
}


async def uploaded(workspace: Workspace, member: Member, content: bytes, name: str = "caps.cedar") -> Json:
    assert member._session is not None
    where = f"/client/upload?user={member.user}&name={name}"
    async with member._session.post(where, data=content) as answer:
        return dict(await answer.json())


async def test_files_are_uploaded_and_reach_the_app_in_full(
    workspace: Workspace, bolt: AsyncApp, connect: Any, client: AsyncWebClient, olivia: Member
) -> None:
    heard: list[Json] = []

    @bolt.view("form")
    async def save(ack: Any, view: Json) -> None:
        await ack()
        heard.append(view["state"]["values"])

    await connect()
    await client.views_open(trigger_id=workspace.make_trigger("U00OLIVIA"), view=MODAL)
    file = (await uploaded(workspace, olivia, b"permit"))["file"]
    view_id = olivia.view()["id"]
    state = {"who": {"held": {"selected_user": "U00AARON"}}, "files": {"held": {"files": [file["id"]]}}}
    assert await olivia.post("submit", view_id=view_id, state=state) == {"ok": True}
    (held,) = heard[0]["files"]["held"]["files"]
    assert (held["name"], held["size"], held["user"]) == ("caps.cedar", 6, "U00OLIVIA")
    async with Member(workspace, "U00OLIVIA") as browser:
        assert browser._session is not None
        with_token = {"Authorization": f"Bearer {workspace.bot_token}"}
        async with browser._session.get(held["url_private_download"], headers=with_token) as answer:
            assert await answer.read() == b"permit"


@pytest.mark.parametrize(
    "state",
    [
        {"who": {"held": {"selected_user": "U00NOBODY"}}},
        {"who": {"held": {"selected_user": "U00AARON"}}, "files": {"held": {"files": ["F0"]}}},
        {"who": {"held": {"selected_user": "U00AARON"}}, "files": {"held": {"files": [{"id": "F0"}]}}},
    ],
)
async def test_people_and_files_that_are_not_there_are_refused(
    workspace: Workspace, client: AsyncWebClient, olivia: Member, state: Json
) -> None:
    await client.views_open(trigger_id=workspace.make_trigger("U00OLIVIA"), view=MODAL)
    answer = await olivia.post("submit", view_id=olivia.view()["id"], state=state)
    assert (answer["ok"], answer["error"]) == (False, "invalid_state")


async def test_somebody_elses_file_is_refused(workspace: Workspace, client: AsyncWebClient, olivia: Member) -> None:
    async with Member(workspace, "U00AARON") as aaron:
        file = (await uploaded(workspace, aaron, b"permit"))["file"]
    await client.views_open(trigger_id=workspace.make_trigger("U00OLIVIA"), view=MODAL)
    state = {"who": {"held": {"selected_user": "U00AARON"}}, "files": {"held": {"files": [file["id"]]}}}
    answer = await olivia.post("submit", view_id=olivia.view()["id"], state=state)
    assert answer["error"] == "invalid_state"


@pytest.mark.parametrize(("content", "name"), [(b"", "caps.cedar"), (b"x", "")])
async def test_an_upload_without_content_or_name_is_refused(
    workspace: Workspace, olivia: Member, content: bytes, name: str
) -> None:
    assert await uploaded(workspace, olivia, content, name) == {"ok": False, "error": "invalid_arguments"}
