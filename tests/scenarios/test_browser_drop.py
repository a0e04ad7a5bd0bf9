"""A newcomer drops ten exports into the channel and has a picture of the business, in a browser and without a manual."""

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.chromium import needs_chromium
from tests.scenarios.dropped_exports import ten_exports
from tests.scenarios.test_browser_loop import PATIENCE_MS, a_browser, running

pytestmark = [pytest.mark.browser, needs_chromium]

TWO_MINUTES_S = 120


@pytest.fixture
async def url(tmp_path: Path) -> AsyncIterator[str]:
    async with running(tmp_path / "home") as up:
        yield up.url


@pytest.mark.timeout(300)
async def test_ten_dropped_exports_are_a_picture_of_the_business_within_two_minutes(url: str, tmp_path: Path) -> None:
    made = ten_exports(tmp_path, datetime.now(UTC).date() - timedelta(days=1))
    async with a_browser(url) as page:
        await page.get_by_test_id("channel-C00MARKETING").click()
        await page.get_by_test_id("file-chooser").set_input_files(made.paths)
        await expect(page.get_by_test_id("attachment")).to_have_count(10)
        await expect(page.get_by_test_id("send")).to_be_enabled()
        dropped = time.monotonic()
        await page.get_by_test_id("send").click()

        main = page.locator("#main-pane")
        card = main.get_by_test_id("message").filter(has=page.get_by_role("heading", name="10 files"))
        await expect(card).to_contain_text(f"£{made.google_gbp:,.2f} spent", timeout=PATIENCE_MS * 3)
        await expect(card).to_contain_text("All your data now: 9 sources")
        await expect(card.locator("img")).to_be_visible()
        assert time.monotonic() - dropped < TWO_MINUTES_S
        # Pictures load when they come into view, and one that never does is never decoded.
        await card.locator("img").scroll_into_view_if_needed()
        picture = await card.locator("img").element_handle()
        await page.wait_for_function("image => image.complete && image.naturalWidth > 600", arg=picture)

        asked = main.get_by_test_id("message").filter(has=page.get_by_role("heading", name="influencer partners.csv"))
        await asked.locator('[data-action-id="question.answer.0"]').click()
        await expect(asked).to_contain_text("Olivia Reed", timeout=PATIENCE_MS)
        await expect(asked.locator('[data-action-id="question.answer.0"]')).to_have_count(0)

        await card.locator('[data-action-id="data.picture"]').click()
        await expect(page.get_by_test_id("modal")).to_contain_text("LinkedIn Ads", timeout=PATIENCE_MS)


@pytest.mark.timeout(180)
async def test_on_a_phone_the_card_of_a_file_fits(url: str, tmp_path: Path) -> None:
    made = ten_exports(tmp_path, datetime.now(UTC).date() - timedelta(days=1))
    async with a_browser(url, width=390, height=844) as page:
        await page.get_by_test_id("file-chooser").set_input_files(made.paths[:1])
        await expect(page.get_by_test_id("attachment")).to_have_count(1)
        await page.get_by_test_id("send").click()

        card = (
            page.locator("#main-pane")
            .get_by_test_id("message")
            .filter(has=page.get_by_role("heading", name="Campaign report.csv: read"))
        )
        await expect(card).to_contain_text("4 campaigns", timeout=PATIENCE_MS)
        assert await _fits(page)


async def _fits(page: Page) -> bool:
    return bool(await page.evaluate("document.scrollingElement.scrollWidth <= 390"))
