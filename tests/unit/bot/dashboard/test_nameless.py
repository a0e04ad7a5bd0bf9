"""What is kept for a year holds nobody's address."""

from hypothesis import given
from hypothesis import strategies as st

from bot.dashboard.nameless import SOMEBODY, nameless
from tests.unit.bot.dashboard.snapshots import full


def told(text: str) -> str:
    case = full().cases[0].model_copy(update={"cause": text})
    return nameless(full().model_copy(update={"cases": (case,)})).cases[0].cause


def test_addresses_go_and_all_else_stays() -> None:
    assert told("jo.b+x@shop.example changed “Brand | UK” @ 09:30, see <a@b.co.uk>.") == (
        f"{SOMEBODY} changed “Brand | UK” @ 09:30, see <{SOMEBODY}>."
    )
    assert nameless(full()) == full()


@given(st.emails())
def test_no_address_outlives_it(address: str) -> None:
    assert address not in told(f"changed by {address} on Friday")
