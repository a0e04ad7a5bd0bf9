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


FULL = (
    GOOD.replace(
        "channel_daily_caps:",
        """monthly_cap: 20000
    two_people_gate: 14000
    channel_monthly_caps: {email: 4000}
    account_daily_caps: {482-119-7730: 700}
    account_monthly_caps: {482-119-7730: 20000.01}
    brand_daily_caps: {Brightwell & Vale: 900}
    brand_monthly_caps: {Brightwell & Vale: 18000}
    channel_daily_caps:""",
    )
    + """
week_share_cap: 100%
learning_share: 0%
margin_floor: 12.5%
discount_cap: 0%
stacked_discount_cap: 60%
evaluation_sla_days: 28
contacts_per_week: 3
excluded_audiences: under-18, no thanks
"""
)


def test_what_may_be_limited_besides_is_read_exactly_too():
    limits = parse_limits(FULL, file="limits.yml", channels=frozenset({"email"}))
    assert limits is not None
    amounts = limits.currencies["GBP"]
    assert (amounts.monthly_cap, amounts.two_people_gate) == (gbp(20_000_00), gbp(14_000_00))
    assert amounts.channel_monthly_caps == {"email": gbp(4_000_00)}
    assert amounts.account_daily_caps == {"482-119-7730": gbp(700_00)}
    assert amounts.account_monthly_caps == {"482-119-7730": gbp(20_000_01)}
    assert amounts.brand_daily_caps == {"Brightwell & Vale": gbp(900_00)}
    assert amounts.brand_monthly_caps == {"Brightwell & Vale": gbp(18_000_00)}
    shares = (limits.week_share_cap_bp, limits.learning_share_bp, limits.margin_floor_bp)
    assert shares == (10_000, 0, 1250)
    assert (limits.discount_cap_bp, limits.stacked_discount_cap_bp) == (0, 6000)
    assert (limits.evaluation_sla_days, limits.contacts_per_week) == (28, 3)
    assert limits.excluded_audiences == {"under-18", "no thanks"}
    assert parse_limits(dump_limits(limits), file="limits.yml") == limits


def test_what_is_left_out_is_not_limited():
    limits = parse_limits(GOOD, file="limits.yml")
    assert limits is not None
    amounts = limits.currencies["GBP"]
    assert (amounts.monthly_cap, amounts.two_people_gate, amounts.brand_daily_caps) == (None, None, {})
    assert (limits.week_share_cap_bp, limits.margin_floor_bp, limits.discount_cap_bp) == (None, None, None)
    assert (limits.evaluation_sla_days, limits.excluded_audiences) == (35, frozenset())
    assert limits.contacts_per_week == 4


def test_excluded_audiences_may_be_a_list():
    limits = parse_limits(GOOD + "excluded_audiences: [under-18, 'no, thanks']\n", file="limits.yml")
    assert limits is not None
    assert limits.excluded_audiences == {"under-18", "no, thanks"}


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
        ("step_share_gate: 25%", "step_share_gate: 25%\nweek_share_cap: 0%", "week_share_cap", "from 0.01% to 900%"),
        ("step_share_gate: 25%", "step_share_gate: 25%\nmargin_floor: 101%", "margin_floor", "from 0% to 100%"),
        ("step_share_gate: 25%", "step_share_gate: 25%\ndiscount_cap: 10", "discount_cap", "with the sign: 25%"),
        ("step_share_gate: 25%", "step_share_gate: 25%\nevaluation_sla_days: 0", "evaluation_sla_days", "a whole number from 1 to 3650"),
        ("step_share_gate: 25%", "step_share_gate: 25%\nevaluation_sla_days: 5w", "evaluation_sla_days", "such as 35"),
        ("step_share_gate: 25%", "step_share_gate: 25%\nexcluded_audiences: [[vip]]", "excluded_audiences", "write the audiences' ids"),
        ("step_cap: 150", "step_cap: 150\n    monthly_cap: 1.005", "currencies.GBP.monthly_cap", "at most 2"),
        ("step_cap: 150", "step_cap: 150\n    two_people_gate: £9", "currencies.GBP.two_people_gate", "write an amount"),
        ("channel_daily_caps: {email: 200.05}", "channel_monthly_caps: {e_mail: 1}",
         "currencies.GBP.channel_monthly_caps.e_mail", "use one of email"),
        ("channel_daily_caps: {email: 200.05}", "account_daily_caps: {acc: x}",
         "currencies.GBP.account_daily_caps.acc", "write an amount"),
        ("channel_daily_caps: {email: 200.05}", "brand_monthly_caps: 5",
         "currencies.GBP.brand_monthly_caps", "must hold"),
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
    with pytest.raises(ValidationError, match="does not belong"):
        some_limits(two_people_gate=Money(minor=1, currency="EUR"))
    with pytest.raises(ValidationError, match="does not belong"):
        some_limits(brand_monthly_caps={"Vale": gbp(-1)})
    with pytest.raises(ValidationError, match="never be asked for"):
        some_limits(step_share_gate_bp=5001)


def test_sandbox_limits_leave_room_for_ordinary_steps_and_survive_their_file():
    limits = sandbox_limits(gbp(600_00))
    amounts = limits.currencies["GBP"]
    assert amounts.daily_cap == gbp(720_00)
    assert amounts.two_people_gate == gbp(600_00 * 14)
    assert (limits.step_share_gate_bp, limits.week_share_cap_bp) == (2500, 10_000)
    assert parse_limits(dump_limits(limits), file="limits.yml") == limits


amounts = st.integers(0, LARGEST_MINOR)
channels = st.text(st.characters(categories=("L", "N"), include_characters=" _-':#{}"), min_size=1, max_size=12)


@given(st.data(), st.sampled_from(["GBP", "JPY", "KWD"]), st.integers(1, 90_000), st.integers(1, 90_000))
def test_every_limits_file_reads_back_as_itself(data, currency, one_bp, other_bp):
    def money():
        return st.builds(Money, minor=amounts, currency=st.just(currency))

    def named():
        return data.draw(st.dictionaries(channels, money(), max_size=2))

    maybe_bp = st.none() | st.integers(0, 10_000)
    limits = Limits(
        step_share_gate_bp=min(one_bp, other_bp),
        step_share_cap_bp=max(one_bp, other_bp),
        week_share_cap_bp=data.draw(st.none() | st.integers(1, 90_000)),
        learning_share_bp=data.draw(maybe_bp),
        margin_floor_bp=data.draw(maybe_bp),
        discount_cap_bp=data.draw(maybe_bp),
        stacked_discount_cap_bp=data.draw(maybe_bp),
        evaluation_sla_days=data.draw(st.integers(1, 3650)),
        contacts_per_week=data.draw(st.integers(1, 100)),
        excluded_audiences=data.draw(st.frozensets(channels.filter(lambda name: name == name.strip()), max_size=3)),
        currencies={
            currency: CurrencyLimits(
                **{key: data.draw(money()) for key in ("daily_cap", "step_cap", "at_risk_gate", "min_budget")},
                monthly_cap=data.draw(st.none() | money()),
                two_people_gate=data.draw(st.none() | money()),
                **{
                    f"{whose}_{span}_caps": named()
                    for whose in ("channel", "account", "brand")
                    for span in ("daily", "monthly")
                },
            )
        },
    )
    assert parse_limits(dump_limits(limits), file="limits.yml") == limits


def test_the_text_of_limits_has_no_amount_that_depends_on_floats():
    assert "daily_cap: 0.30 " in dump_limits(some_limits(daily_cap=Money.of(Decimal("0.3"), "GBP")))


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("step_share_cap: lots\n", "step_share_cap"),
        ("step_share_gate: 25%\nstep_share_cap: 50%\ncurrencies: {GBP: {daily_cap: -1}}\n", "currencies.GBP.daily_cap"),
    ],
)
def test_a_slip_is_said_even_where_the_file_sets_no_caps(text: str, key: str):
    with pytest.raises(LimitsInvalid) as raised:
        parse_limits(text, file="limits.yml")
    assert str(raised.value).startswith(f"limits.yml: {key} ")
