"""Everything in one process: the workspace (or Slack), the bot, the worker, the timetable."""

import asyncio
import secrets
import signal
import sys
import webbrowser
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog
import yaml
from aiohttp import web
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from yarl import URL

from agents.team.agent import KeepThePlan, NotEnoughData
from bot.dashboard.routes import dashboard_routes
from bot.jobs import catch_up, timetable
from bot.office import Office
from bot.opening import open_office
from bot.settings import Settings
from bot.slack.accounts import Accounts
from bot.slack.alert_inbox import AlertInbox
from bot.slack.alert_picture import AlertPictures
from bot.slack.app import build_app, web_client
from bot.slack.card_desk import CardDesk
from bot.slack.chronicle import Chronicle
from bot.slack.deliveries import Deliveries
from bot.slack.desk import Desk
from bot.slack.drops import Drops
from bot.slack.follower import Follower
from bot.slack.inbox import Inbox
from bot.slack.pictures import Pictures
from bot.slack.tiles import KpiTiles
from bot.slack.timing import CardWatch
from bot.staff import DEMO
from bot.web import slack_routes, status_routes
from bot.worker import working
from bot.workspace.seeds import ChannelSeed, Member
from bot.workspace.server import Workspace
from storage.records.people import Person, Role

log = structlog.get_logger()

MANIFEST = Path(__file__).parents[1] / "manifest.yml"
AUDIT_CHANNEL = "C00AUDIT"
STOPPED_WITHIN_S = 5.0
"""How long what is being told in Slack may take to its end when the bot stops."""
_DIRECT_PAUSE_S = 0.25


async def up(*, home: Path, port: int, seed: int, scenario: str, no_browser: bool) -> None:
    settings = Settings(home=home)
    async with AsyncExitStack() as stack:
        office = await stack.enter_async_context(open_office(settings, seed=seed, scenario=scenario))
        await stack.enter_async_context(working(office, settings.worker_lock))
        url = await stack.enter_async_context(serving(office, settings, port=port))
        notes = "".join(f"Note: {one.words}\n" for one in await office.drafts())
        sys.stdout.write(f"{notes}Countersign is running: {url}\nStop it with Ctrl+C.\n")
        sys.stdout.flush()
        if not no_browser:
            webbrowser.open(url)
        await first_look(office)
        await _until_stopped()


async def worker(*, home: Path) -> None:
    settings = Settings(home=home)
    async with open_office(settings) as office, working(office, settings.worker_lock):
        scheduler = await _started(office)
        try:
            await _until_stopped()
        finally:
            scheduler.shutdown(wait=False)


@asynccontextmanager
async def serving(office: Office, settings: Settings, *, port: int) -> AsyncIterator[str]:
    """Serve people until the block ends; gives the address that they open."""
    async with AsyncExitStack() as stack:
        if settings.real_slack:
            url = await stack.enter_async_context(_real_slack(office, settings, port=port))
        else:
            url = await stack.enter_async_context(_local_workspace(office, settings, port=port))
        scheduler = await _started(office)
        stack.callback(scheduler.shutdown, wait=False)
        yield url


async def _started(office: Office) -> AsyncIOScheduler:
    """The timetable at work, after what was missed meanwhile was asked for once."""
    zone = await office.zone()
    await catch_up(office.ledger, zone=zone, now=office.clock())
    scheduler = timetable(office.ledger, zone=zone)
    scheduler.start()
    return scheduler


async def first_look(office: Office) -> None:
    """Read the sources, check them, and have the planner propose if it never has."""
    with office.meters.timed("job:look"), office.tracing.span("first look"):
        await office.look()
        async with office.ledger.read() as tx:
            known = await tx.plans.recent(1)
        made = None if known else await office.plan()
    if isinstance(made, KeepThePlan | NotEnoughData):
        log.warning("plan.none", reason=made.reason)


@asynccontextmanager
async def connected(
    office: Office,
    *,
    bot_token: str,
    app_token: str,
    api_url: str,
    channel: str,
    audit_channel: str | None = None,
    address: str = "",
) -> AsyncIterator[Desk]:
    """The bot connected by Socket Mode, its cards kept right, until the block ends."""
    desk = _desk(office, bot_token, api_url, channel, address, zone=await office.zone())
    app = build_app(desk, signing_secret=None)
    handler = AsyncSocketModeHandler(app, app_token, web_client=web_client(app_token, api_url=api_url))
    await handler.connect_async()  # type: ignore[no-untyped-call]
    async with _kept_informed(office, desk, audit_channel=audit_channel):
        try:
            yield desk
        finally:
            await handler.close_async()  # type: ignore[no-untyped-call]


@asynccontextmanager
async def _local_workspace(office: Office, settings: Settings, *, port: int) -> AsyncIterator[str]:
    bot_token, app_token = f"xoxb-{secrets.token_hex(12)}", f"xapp-{secrets.token_hex(12)}"
    workspace = local_workspace(
        settings.workspace, bot_token=bot_token, app_token=app_token, simulated=office.sandbox is not None
    )
    workspace.app.add_routes(status_routes(office))
    workspace.app.add_routes(dashboard_routes(office))
    try:
        url = await workspace.start(port)
    except OSError as error:
        raise PortTaken(f"port {port} cannot be used ({error.strerror}); choose another with --port") from None
    try:
        async with connected(
            office,
            bot_token=bot_token,
            app_token=app_token,
            api_url=f"{url}/api/",
            channel=settings.channel,
            audit_channel=settings.audit_channel or AUDIT_CHANNEL,
        ):
            yield url
    finally:
        await workspace.stop()


def local_workspace(
    folder: Path | None, *, bot_token: str, app_token: str, simulated: bool, people: tuple[Person, ...] = DEMO
) -> Workspace:
    """The workspace of a newcomer's first minute: five people, three channels, the bot."""
    members = tuple(
        Member(id=one.slack_id or "", name=one.id, real_name=one.name, title=_title(one), tz=one.zone) for one in people
    )
    return Workspace(
        manifest=yaml.safe_load(MANIFEST.read_text(encoding="utf-8")),
        bot_token=bot_token,
        app_token=app_token,
        people=members,
        channels=(
            ChannelSeed("C00MARKETING", "marketing", topic="Plans to approve and alerts to look at"),
            ChannelSeed("C00GENERAL", "general", topic="Everything else"),
            ChannelSeed(
                AUDIT_CHANNEL, "audit", topic="Signed checkpoints of the audit trail, kept outside the database"
            ),
        ),
        folder=folder,
        simulated=simulated,
    )


@asynccontextmanager
async def _real_slack(office: Office, settings: Settings, *, port: int) -> AsyncIterator[str]:
    assert settings.slack_bot_token is not None
    token = settings.slack_bot_token.get_secret_value()
    async with AsyncExitStack() as stack:
        site = web.Application()
        site.add_routes(status_routes(office))
        address = settings.reached_at(port)
        site.add_routes(dashboard_routes(office, secure=address.startswith("https:")))
        if settings.slack_app_token is not None:
            await stack.enter_async_context(
                connected(
                    office,
                    bot_token=token,
                    app_token=settings.slack_app_token.get_secret_value(),
                    api_url=settings.slack_api_url,
                    channel=settings.channel,
                    audit_channel=settings.audit_channel,
                    address=address,
                )
            )
        else:
            secret = settings.slack_signing_secret
            if secret is None:
                raise MissingSecret(
                    "SLACK_BOT_TOKEN is set: also set SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP)"
                )
            desk = _desk(office, token, settings.slack_api_url, settings.channel, address, zone=await office.zone())
            site.add_routes(slack_routes(build_app(desk, signing_secret=secret.get_secret_value()), office.clock))
            await stack.enter_async_context(_kept_informed(office, desk, audit_channel=settings.audit_channel))
        runner = web.AppRunner(site, access_log=None)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        # From outside come Slack to an HTTP bot, and people to the dashboard; else only this machine asks for anything.
        outside = settings.slack_app_token is None or settings.public_url is not None
        host = "0.0.0.0" if outside else "127.0.0.1"  # noqa: S104
        await web.TCPSite(runner, host, port).start()
        yield f"http://127.0.0.1:{port}"


def _title(person: Person) -> str:
    return " and ".join("CMO" if role is Role.CMO else role.value.capitalize() for role in sorted(person.roles))


class PortTaken(OSError):
    """Raised when the workspace cannot listen where it was told to."""


class MissingSecret(ValueError):
    """Raised when Slack could not reach the bot or be told from a stranger; says which variable to set."""


def _desk(office: Office, token: str, api_url: str, channel: str, address: str = "", *, zone: ZoneInfo) -> Desk:
    """`address` is where people reach the bot; where none is given, beside the workspace of ours that it is in."""
    client, files_from = web_client(token, api_url=api_url), _files_from(api_url)
    accounts, pictures = Accounts(office.ledger, client, clock=office.clock), Pictures(office.ledger, client)
    return Desk(
        office=office,
        client=client,
        deliveries=Deliveries(office.ledger, office.clock),
        accounts=accounts,
        channel=channel,
        zone=zone,
        files_from=files_from,
        drops=Drops(office, client, accounts, channel=channel, files_from=files_from, zone=zone, pictures=pictures),
        pictures=pictures,
        address=address or str(URL(api_url).origin()),
        tiles=KpiTiles(office.ledger, office.kpis),
    )


def _files_from(api_url: str) -> str:
    """Slack keeps files on a host of its own; a workspace of ours keeps them where it answers."""
    url = URL(api_url)
    return "https://files.slack.com/" if url.host == "slack.com" else f"{url.origin()}/"


@asynccontextmanager
async def _kept_informed(office: Office, desk: Desk, *, audit_channel: str | None) -> AsyncIterator[None]:
    """Cards, personal messages and threads follow what the database says, until the block ends."""
    ledger, client, clock, zone = office.ledger, desk.client, office.clock, desk.zone
    cards = CardDesk(
        ledger,
        office.router,
        office.emergency,
        client,
        channel=desk.channel,
        zone=zone,
        clock=clock,
        pictures=desk.pictures,
        alert_pictures=AlertPictures(ledger, office.kpis, desk.pictures),
        owners=office.owners,
        watched=CardWatch(office),
    )
    inbox = Inbox(ledger, office.router, client, clock=clock)
    alert_inbox = AlertInbox(ledger, client, clock=clock)
    chronicle = Chronicle(ledger, client, channel=desk.channel, audit_channel=audit_channel, zone=zone, clock=clock)
    followers = (
        Follower("cards", cards.sweep, every_s=1),
        # Cards and clicks go first: in a busy minute a message to one person can wait for the commits around it,
        # and several entries of one plan become one message.
        Follower("inbox", inbox.sweep, every_s=2, pause_s=_DIRECT_PAUSE_S),
        Follower("alert inbox", alert_inbox.sweep, every_s=2, pause_s=_DIRECT_PAUSE_S),
        Follower("chronicle", chronicle.look, every_s=2, pause_s=1),
    )
    for one in followers:
        ledger.on_commit(one.wake)
        one.wake()
    tasks = [asyncio.create_task(one.run()) for one in followers]
    # Beside the first clicks, which look up whoever acts by themselves.
    tasks.append(asyncio.create_task(desk.accounts.survey()))
    tasks.append(asyncio.create_task(desk.drops.run()))
    try:
        yield
    finally:
        for one in followers:
            one.stop()
        desk.drops.stop()
        _, late = await asyncio.wait(tasks, timeout=STOPPED_WITHIN_S)
        for task in late:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _until_stopped() -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signum, stopped.set)
    await stopped.wait()
