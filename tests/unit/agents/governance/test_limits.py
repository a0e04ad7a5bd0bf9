"""limits.yml: read strictly, exact to the penny, and no caps is an answer of its own."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from agents.governance.limits import (
    LARGEST_MINOR,
    CurrencyLimits,
    Limits,
    dump_limits,
    load_limits,
    parse_limits,
    sandbox_limits,
)
from agents.governance.limits_text import LimitsInvalid
from storage.records.money import Money
from tests.unit.agents.governance.cases import gbp, some_limits

GOOD = """
step_share_gate: 25%
step_share_cap: 50 %
currencies:
  GBP:
    daily_cap: 1200.50
    step_cap: 150
    at_risk_gate: "7000.00"
    min_budget: 0.10
    channel_daily_caps: {email: 200.05}
"""


def test_amounts_are_read_exactly_and_shares_in_basis_points():
    limits = parse_limits(GOOD, file="limits.yml")
    assert limits == Limits(
        step_share_gate_bp=2500,
        step_share_cap_bp=5000,
        currencies={
            "GBP": CurrencyLimits(
                daily_cap=gbp(1200_50), step_cap=gbp(150_00), at_risk_gate=gbp(7000_00), min_budget=gbp(10),
                channel_daily_caps={"email": gbp(200_05)},
            )
        },
    )  # fmt: skip


def test_a_missing_file_means_no_limits(tmp_path):
    assert load_limits(tmp_path / "limits.yml") is None


def test_what_is_dumped_is_loaded_again(tmp_path):
    path = tmp_path / "limits.yml"
    path.write_text(dump_limits(some_limits()), encoding="utf-8")
    assert load_limits(path, channels=frozenset({"email"})) == some_limits()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing yet\n",
        "currencies:\n",
        "currencies: {}\n",
        GOOD.replace("daily_cap: 1200.50", "daily_cap:"),
        GOOD.replace("    step_cap: 150\n", ""),
        GOOD.replace("step_share_cap: 50 %\n", ""),
    ],
)
def test_missing_caps_mean_no_limits(text):
    assert parse_limits(text, file="limits.yml") is None


def test_a_currency_without_caps_is_left_out_and_the_others_stay():
    limits = parse_limits(GOOD + "  EUR: {min_budget: 1}\n", file="limits.yml")
    assert limits is not None
    assert set(limits.currencies) == {"GBP"}


@pytest.mark.parametrize(
    ("old", "new", "key", "remedy"),
    [
        ("daily_cap: 1200.50", "daily_cap: 1,200.50", "currencies.GBP.daily_cap", "write an amount such as 1200.00"),
        ("daily_cap: 1200.50", "daily_cap: -5", "currencies.GBP.daily_cap", "write an amount"),
        ("daily_cap: 1200.50", "daily_cap: .inf", "currencies.GBP.daily_cap", "write an amount"),
        ("daily_cap: 1200.50", "daily_cap: 12e9", "currencies.GBP.daily_cap", "write an amount"),
        ("daily_cap: 1200.50", "daily_cap: 1200.505", "currencies.GBP.daily_cap", "at most 2"),
        ("daily_cap: 1200.50", "daily_cap: 1000000000000.01", "currencies.GBP.daily_cap", "too large"),
        ("daily_cap: 1200.50", "daily_cap: [1]", "currencies.GBP.daily_cap", "must be one value"),
        ('at_risk_gate: "7000.00"', "at_risk_gate:", "currencies.GBP.at_risk_gate", "is missing; write an amount"),
        ("step_cap: 150", "step_cap: 150\n    step_cap: 900", "currencies.GBP.step_cap", "is there twice; keep one"),
        ("step_cap: 150", "step_cap: 150\n    stepcap: 1", "currencies.GBP.stepcap", "remove it, or use one of"),
        ("step_share_gate: 25%", "step_share_gate: 25", "step_share_gate", "with the sign: 25%"),
        ("step_share_gate: 25%", "step_share_gate: 0%", "step_share_gate", "with the sign: 25%"),
        ("step_share_gate: 25%", "step_share_gate: 60%", "step_share_gate", "lower it, or raise the cap"),
        ("step_share_cap: 50 %", "step_share_cap: 1000%", "step_share_cap", "to 900%"),
        ("step_share_gate: 25%\n", "", "step_share_gate", "is missing; write a share such as 25%"),
        ("  GBP:", "  Pounds:", "currencies.Pounds", "three capitals such as GBP"),
        ("{email: 200.05}", "{e_mail: 200.05}", "currencies.GBP.channel_daily_caps.e_mail", "use one of email"),
        ("{email: 200.05}", "email", "currencies.GBP.channel_daily_caps", "must hold"),
        ("{email: 200.05}", "{email: [", "the file", "cannot be read as YAML"),
    ],
)  # fmt: skip
def test_a_mistake_names_file_key_and_remedy(old, new, key, remedy):
    assert old in GOOD
    with pytest.raises(LimitsInvalid) as raised:
        parse_limits(GOOD.replace(old, new), file="/home/team/limits.yml", channels=frozenset({"email"}))
    assert str(raised.value).startswith(f"/home/team/limits.yml: {key} ")
    assert remedy in str(raised.value)


def test_a_file_that_is_not_text_is_refused(tmp_path):
    path = tmp_path / "limits.yml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(LimitsInvalid, match="cannot be read as UTF-8"):
        load_limits(path)


def test_a_currency_without_decimals_has_none_here_either():
    yen = GOOD.replace("GBP", "JPY").replace("1200.50", "1200").replace("0.10", "1").replace("200.05", "200")
    limits = parse_limits(yen.replace("7000.00", "7000"), file="limits.yml")
    assert limits is not None
    assert limits.currencies["JPY"].daily_cap == Money(minor=1200, currency="JPY")
    with pytest.raises(LimitsInvalid, match="more decimals than JPY has"):
        parse_limits(GOOD.replace("GBP", "JPY"), file="limits.yml")


def test_limits_of_another_currency_or_beyond_all_measure_cannot_be_made():
    with pytest.raises(ValidationError, match="does not belong among the limits of GBP"):
        some_limits(daily_cap=Money(minor=1, currency="EUR"))
    with pytest.raises(ValidationError, match="does not belong"):
        some_limits(daily_cap=gbp(LARGEST_MINOR + 1))
    with pytest.raises(ValidationError, match="never be asked for"):
        some_limits(step_share_gate_bp=5001)


def test_sandbox_limits_leave_room_for_ordinary_steps_and_survive_their_file():
    limits = sandbox_limits(gbp(600_00))
    amounts = limits.currencies["GBP"]
    assert amounts.daily_cap == gbp(720_00)
    assert limits.step_share_gate_bp == 2500
    assert parse_limits(dump_limits(limits), file="limits.yml") == limits


amounts = st.integers(0, LARGEST_MINOR)
channels = st.text(st.characters(categories=("L", "N"), include_characters=" _-':#{}"), min_size=1, max_size=12)


@given(st.data(), st.sampled_from(["GBP", "JPY", "KWD"]), st.integers(1, 90_000), st.integers(1, 90_000))
def test_every_limits_file_reads_back_as_itself(data, currency, one_bp, other_bp):
    def money():
        return st.builds(Money, minor=amounts, currency=st.just(currency))

    limits = Limits(
        step_share_gate_bp=min(one_bp, other_bp),
        step_share_cap_bp=max(one_bp, other_bp),
        currencies={
            currency: CurrencyLimits(
                **{key: data.draw(money()) for key in ("daily_cap", "step_cap", "at_risk_gate", "min_budget")},
                channel_daily_caps=data.draw(st.dictionaries(channels, money(), max_size=3)),
            )
        },
    )
    assert parse_limits(dump_limits(limits), file="limits.yml") == limits


def test_the_text_of_limits_has_no_amount_that_depends_on_floats():
    assert "daily_cap: 0.30 " in dump_limits(some_limits(daily_cap=Money.of(Decimal("0.3"), "GBP")))
