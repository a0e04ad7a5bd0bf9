"""A newcomer's first minutes: one command, then everything by clicking in a browser."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, async_playwright, expect

from tests.chromium import ARGUMENTS, CHROMIUM, needs_chromium

pytestmark = [pytest.mark.browser, needs_chromium]

REPOSITORY = Path(__file__).parents[2]
A_MINUTE_S = 60
PATIENCE_MS = 30_000


@dataclass(frozen=True)
class Running:
    """`countersign up` in a process of its own."""

    url: str
    started: float
    """time.monotonic() when the process was started."""


@asynccontextmanager
async def running(home: Path) -> AsyncIterator[Running]:
    started = time.monotonic()
    process = await _bot("up", "--home", str(home), "--no-browser", "--port", "0")
    assert process.stdout is not None
    try:
        async with asyncio.timeout(A_MINUTE_S):
            line = (await process.stdout.readline()).decode()
        assert "http://127.0.0.1:" in line, line
        yield Running(line.split()[-1], started)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(30):
            rest, faults = await process.communicate()
    assert process.returncode == 0, (rest, faults)
    assert b"Traceback" not in faults, faults.decode()


@asynccontextmanager
async def a_browser(url: str, *, width: int = 1280, height: int = 900) -> AsyncIterator[Page]:
    """A page that fails the test if anything goes wrong inside it."""
    faults: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = await browser.new_page(viewport={"width": width, "height": height})
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        await page.goto(url)
        yield page
        await browser.close()
    assert faults == []


@pytest.mark.timeout(300)
async def test_from_one_command_to_a_restored_plan_by_clicking_only(tmp_path: Path) -> None:
    home = tmp_path / "home"
    async with running(home) as up, a_browser(up.url) as page:
        await page.get_by_test_id("channel-C00MARKETING").click()
        plan = _card(page, "PLAN-1")
        await expect(plan).to_contain_text("Waits for", timeout=PATIENCE_MS)
        assert time.monotonic() - up.started < A_MINUTE_S

        await page.get_by_test_id("person-switch").click()
        await page.get_by_test_id("person-U00AARON").click()
        await plan.locator('[data-action-id="plan.approve"]').click()
        await expect(plan).to_contain_text("Done", timeout=PATIENCE_MS)
        await expect(plan).to_contain_text("reads back")
        await expect(plan.locator('[data-action-id="plan.approve"]')).to_have_count(0)

        await page.get_by_test_id("advance-7d").click()
        drift = page.get_by_test_id("message").filter(has=page.locator('[data-action-id="alert.acknowledge"]')).first
        await expect(drift).to_contain_text("PLAN-1 changed this shortly before", timeout=PATIENCE_MS)
        await drift.locator('[data-action-id="plan.rollback"]').click()
        preview = page.get_by_test_id("modal")
        await expect(preview).to_contain_text("will be restored", timeout=PATIENCE_MS)
        await page.get_by_test_id("modal-submit").click()

        await expect(_card(page, "Take back PLAN-1")).to_contain_text("Done", timeout=PATIENCE_MS)
        await expect(plan).to_contain_text("Rolled back", timeout=PATIENCE_MS)

    verified = await _said(home, "audit", "verify")
    assert verified["ok"] is True
    assert verified["first_bad"] is None
    assert verified["entries"] > 10
    shown = {one["plan"]: one["state"] for one in (await _said(home, "plans"))["plans"]}
    assert shown == {"PLAN-1": "rolled_back", "PLAN-2": "done"}


@pytest.mark.timeout(180)
async def test_on_a_phone_the_card_is_read_and_approved_without_scrolling_sideways(tmp_path: Path) -> None:
    async with running(tmp_path / "home") as up, a_browser(up.url, width=390, height=844) as page:
        plan = _card(page, "PLAN-1")
        await expect(plan).to_contain_text("Waits for", timeout=PATIENCE_MS)
        width = await page.evaluate("document.scrollingElement.scrollWidth")
        assert width <= 390
        await page.get_by_test_id("person-switch").click()
        await page.get_by_test_id("person-U00AARON").click()

        await plan.locator('[data-action-id="plan.approve"]').click()

        await expect(plan).to_contain_text("Done", timeout=PATIENCE_MS)
        box = await plan.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390


def _card(page: Page, text: str) -> Any:
    """The message whose heading says so."""
    return page.get_by_test_id("message").filter(has=page.get_by_role("heading", name=text)).first


async def _said(home: Path, *command: str) -> dict[str, Any]:
    """What a command prints with --json."""
    process = await _bot(*command, "--home", str(home), "--json")
    out, faults = await process.communicate()
    assert process.returncode == 0, faults.decode()
    return dict(json.loads(out))


async def _bot(*arguments: str) -> asyncio.subprocess.Process:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("SLACK_", "COUNTERSIGN_"))}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *arguments,
        cwd=REPOSITORY, env=kept, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
