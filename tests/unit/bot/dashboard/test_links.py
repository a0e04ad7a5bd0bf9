"""Links open for one person, for one purpose, for a while, and only if this home signed them."""

import base64
import json
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.links import LINK_FOR, SESSION_FOR, Links, Pass, Refused, SecretUnreadable
from tests.builders import NOW
from tests.fakes.clock import HandClock

ADDRESS = "https://bot.example"


def links_of(folder: Path, clock: HandClock | None = None) -> Links:
    return Links(folder / "keys" / "dashboard.secret", clock=clock or HandClock(NOW))


def token_of(link: str) -> str:
    return parse_qs(urlsplit(link).query)["pass"][0]


def test_a_link_says_who_may_open_what_until_when(tmp_path: Path) -> None:
    link = links_of(tmp_path).link(ADDRESS, "olivia", view="VIEW-3")

    assert link.startswith("https://bot.example/dashboard/enter?pass=")
    assert links_of(tmp_path).read(token_of(link), "link") == Pass("olivia", "VIEW-3", NOW + LINK_FOR)


@pytest.mark.parametrize(("purpose", "lasts"), [("link", LINK_FOR), ("session", SESSION_FOR)])
def test_it_ends_at_its_moment_and_not_before(tmp_path: Path, purpose, lasts: timedelta) -> None:
    clock = HandClock(NOW)
    links = links_of(tmp_path, clock)
    token = token_of(links.link(ADDRESS, "olivia")) if purpose == "link" else links.session("olivia")

    clock.pass_(seconds=lasts.total_seconds() - 1)
    assert isinstance(links.read(token, purpose), Pass)
    clock.pass_(seconds=1)
    assert links.read(token, purpose) is Refused.EXPIRED


def test_a_link_is_no_cookie_and_a_cookie_no_link(tmp_path: Path) -> None:
    links = links_of(tmp_path)
    assert links.read(token_of(links.link(ADDRESS, "olivia")), "session") is Refused.FORGED
    assert links.read(links.session("olivia"), "link") is Refused.FORGED


def test_another_home_and_a_new_secret_open_nothing(tmp_path: Path) -> None:
    token = links_of(tmp_path / "one").session("olivia")
    assert links_of(tmp_path / "other").read(token, "session") is Refused.FORGED
    (tmp_path / "one" / "keys" / "dashboard.secret").unlink()
    assert links_of(tmp_path / "one").read(token, "session") is Refused.FORGED


def test_a_payload_of_ones_own_opens_nothing_even_where_only_the_time_was_changed(tmp_path: Path) -> None:
    links = links_of(tmp_path)
    payload, _, signature = links.session("olivia").partition(".")
    said = json.loads(base64.urlsafe_b64decode(payload))
    said["until"] = (NOW + timedelta(days=999)).isoformat()
    altered = base64.urlsafe_b64encode(json.dumps(said).encode()).decode()

    assert links.read(f"{altered}.{signature}", "session") is Refused.FORGED


@given(st.text(max_size=1200))
def test_no_text_of_a_stranger_opens_or_breaks_it(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    assert links_of(tmp_path_factory.getbasetemp() / "strange").read(text, "session") is Refused.FORGED


def test_the_secret_is_made_once_and_is_nobody_elses(tmp_path: Path) -> None:
    links_of(tmp_path).session("olivia")
    path = tmp_path / "keys" / "dashboard.secret"
    first = path.read_text(encoding="ascii")
    links_of(tmp_path).session("olivia")

    assert path.read_text(encoding="ascii") == first
    assert len(bytes.fromhex(first)) == 32
    assert path.stat().st_mode & 0o077 == 0
    assert [one.name for one in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("damaged", ["", "zz", "ab" * 8, "é" * 64])
def test_a_damaged_secret_is_said(tmp_path: Path, damaged: str) -> None:
    links = links_of(tmp_path)
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "dashboard.secret").write_text(damaged, encoding="utf-8")
    with pytest.raises(SecretUnreadable, match="delete it"):
        links.session("olivia")
