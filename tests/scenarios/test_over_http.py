"""Slack over HTTP: signed requests only, every payload once, nothing of them in the logs."""

import hashlib
import hmac
import json
import logging
import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
import pytest
import structlog
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.commands.up import MissingSecret, serving
from bot.opening import utc_now
from bot.settings import Settings
from bot.slack.app import build_app
from bot.web import slack_routes
from tests.fakes.member import Json
from tests.scenarios.team import APP_TOKEN, BOT_TOKEN, CHANNEL, Team, at_work

SECRET = "the-signing-secret"
GARBAGE = "0" * 64
Client = TestClient[web.Request, web.Application]


@pytest.fixture
async def http(team: Team) -> AsyncIterator[Client]:
    """The bot's own routes; Bolt reads the time itself, so these requests are signed at the real one."""
    site = web.Application()
    site.add_routes(slack_routes(build_app(team.desk, signing_secret=SECRET), utc_now))
    async with TestClient(TestServer(site)) as client:
        yield client


def signed(body: bytes, *, timestamp: str | None = None, secret: str = SECRET) -> dict[str, str]:
    stamp = timestamp if timestamp is not None else str(int(utc_now().timestamp()))
    digest = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}


async def post(client: Client, body: bytes, headers: dict[str, str], *, form: bool = False) -> int:
    kind = "application/x-www-form-urlencoded" if form else "application/json"
    async with client.post("/slack/events", data=body, headers={"Content-Type": kind, **headers}) as answer:
        text = await answer.text()
        assert "Traceback" not in text
        return answer.status


def a_click(team: Team, card: Json) -> bytes:
    return urlencode({"payload": json.dumps(team.late_click(card, "plan.approve", "U00AARON"))}).encode()


async def test_a_well_signed_request_is_taken(http: Client) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "abc"}).encode()

    assert await post(http, body, signed(body)) == 200


async def test_a_timestamp_that_is_none_is_a_stranger(http: Client) -> None:
    for timestamp in ("abc", "", "1", "-5", "1e9", "９９９", "99999999999999999999", "0x10", " "):
        assert await post(http, b"{}", signed(b"{}", timestamp=timestamp)) == 401, timestamp


async def test_an_old_or_future_timestamp_is_a_stranger(http: Client) -> None:
    for minutes in (-6, 6):
        stamp = str(int(utc_now().timestamp()) + minutes * 60)
        assert await post(http, b"{}", signed(b"{}", timestamp=stamp)) == 401, minutes


async def test_a_bad_signature_is_a_stranger(http: Client) -> None:
    for bad in ("", "v0=", f"v0={GARBAGE}", f"v1={GARBAGE}", "v0=ünï" + GARBAGE, GARBAGE, "v0=" + "g" * 64):
        assert await post(http, b"{}", {**signed(b"{}"), "X-Slack-Signature": bad}) == 401, bad


async def test_a_missing_header_is_a_stranger(http: Client) -> None:
    for missing in ("X-Slack-Signature", "X-Slack-Request-Timestamp"):
        headers = signed(b"{}")
        del headers[missing]
        assert await post(http, b"{}", headers) == 401, missing


async def test_another_secret_or_another_body_is_a_stranger(http: Client) -> None:
    assert await post(http, b"{}", signed(b"{}", secret="another")) == 401
    assert await post(http, b'{"a": 1}', signed(b"{}")) == 401


async def test_bytes_that_are_no_text_are_a_stranger(http: Client) -> None:
    for kind in ("application/json", "application/json; charset=no-such-charset"):
        headers = {**signed(b"\xff\xfe\xfa"), "Content-Type": kind}
        assert await post(http, b"\xff\xfe\xfa", headers) == 401, kind


async def test_a_click_replayed_with_its_signature_has_one_effect(team: Team, http: Client) -> None:
    card = await team.card("Waits for")
    body = a_click(team, card)
    headers = signed(body)

    assert [await post(http, body, headers, form=True) for _ in range(3)] == [200, 200, 200]

    await team.card("Done")
    assert (await team.actions_on("PLAN-1")).count("plan.approve") == 1
    assert team.notices("U00AARON") == [], "a replay is no click, so nobody is told anything"


async def test_a_command_replayed_with_its_signature_has_one_effect(team: Team, http: Client) -> None:
    sandbox = team.office.sandbox
    assert sandbox is not None
    before = await sandbox.today()
    await team.card("Waits for")
    form = {
        "command": "/market", "text": "tick 1d", "user_id": "U00ADA", "channel_id": CHANNEL, "team_id": "T00COUNTER",
        "trigger_id": "4711.1", "response_url": f"{team.workspace.base_url}/response/unused",
    }  # fmt: skip
    body = urlencode(form).encode()
    headers = signed(body)

    for _ in range(3):
        assert await post(http, body, headers, form=True) == 200

    question = await team.ada.send("@Countersign what is waiting for me?")
    await team.ada.sees("waiting for you", thread_ts=question["ts"])
    assert (await sandbox.today() - before).days == 1


async def test_neither_bodies_nor_secrets_are_logged(
    team: Team, http: Client, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG, logger="slack_bolt")
    caplog.set_level(logging.INFO)
    event = {"type": "app_mention", "user": "U00AARON", "text": "<@U00BOT> our-secret-launch-date", "channel": CHANNEL,
             "ts": "1774861200.500000"}  # fmt: skip
    body = json.dumps({"type": "event_callback", "event_id": "EvSECRET", "event": event, "token": "verify-me"}).encode()
    with structlog.testing.capture_logs() as logged:
        assert await post(http, body, signed(body)) == 200
        assert await post(http, body, signed(body, secret="another")) == 401
        team.workspace.faults.errors, team.workspace.faults.methods = 1, ("views.open",)
        card = await team.card("Waits for")
        click = team.late_click(card, "plan.reject", "U00AARON")
        form = urlencode({"payload": json.dumps(click)}).encode()
        assert await post(http, form, signed(form), form=True) == 200
        await team.aaron.sees("Something broke on our side")

    told = "\n".join([caplog.text, str(logged), *capsys.readouterr()])
    assert "listener.failed" in told
    for secret in (
        "our-secret-launch-date",
        "verify-me",
        SECRET,
        BOT_TOKEN,
        "xapp-",
        "response/unused",
        click["trigger_id"],
    ):
        assert secret not in told, f"{secret} was logged"


async def test_only_posts_to_its_own_path_are_answered(http: Client) -> None:
    async with http.get("/slack/events") as answer:
        assert answer.status == 405
    async with http.post("/slack/elsewhere", data=b"") as answer:
        assert answer.status == 404


@pytest.mark.parametrize(
    "tokens", [{"slack_signing_secret": SECRET}, {"slack_app_token": APP_TOKEN}], ids=["http", "socket"]
)
async def test_with_tokens_the_same_app_serves_any_slack_at_the_url_it_is_given(
    proposed_home: Path, tmp_path: Path, unused_tcp_port: int, tokens: dict[str, str]
) -> None:
    home = Path(shutil.copytree(proposed_home, tmp_path / "home"))
    over_http = {"request_url": f"http://127.0.0.1:{unused_tcp_port}/slack/events", "signing_secret": SECRET}
    elsewhere = over_http if "slack_signing_secret" in tokens else {}
    async with at_work(home, now=utc_now(), clock=time.time, **elsewhere) as team:
        await team.stop_bot()
        settings = Settings(home=home, slack_bot_token=BOT_TOKEN, slack_api_url=team.workspace.api_url, **tokens)
        async with serving(team.office, settings, port=unused_tcp_port) as url:
            await team.supersede()
            await team.press(team.aaron, "Approve", "Waits for", subject="PLAN-2")
            await team.card("Done", subject="PLAN-2")
            asked = await team.olivia.send("@Countersign what is waiting for me?")
            await team.olivia.sees("waiting for you", thread_ts=asked["ts"])
            async with aiohttp.ClientSession() as session, session.get(f"{url}/healthz") as health:
                assert (await health.json())["ok"] is True


async def test_a_bot_token_alone_says_what_else_to_set(team: Team) -> None:
    settings = Settings(home=team.home, slack_bot_token=BOT_TOKEN)

    with pytest.raises(MissingSecret, match=r"SLACK_APP_TOKEN.*SLACK_SIGNING_SECRET"):
        async with serving(team.office, settings, port=0):
            pass
