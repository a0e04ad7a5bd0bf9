"""The system's Chromium, for tests that look at the page as people do.

Where there is none, such tests are skipped and say so; with COUNTERSIGN_REQUIRE_BROWSER=1 that is an error instead.
"""

import os
import shutil

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


class ChromiumMissing(RuntimeError):
    """Raised when browser tests are required and there is no browser."""


def found(*, required: bool) -> str | None:
    """Path of the system's Chromium, or None. Raises ChromiumMissing if it is required and there is none."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None and required:
        raise ChromiumMissing(f"COUNTERSIGN_REQUIRE_BROWSER is set, and none of {', '.join(NAMES)} is installed")
    return path


CHROMIUM = found(required=os.environ.get("COUNTERSIGN_REQUIRE_BROWSER", "") not in {"", "0"})
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed on this machine")
