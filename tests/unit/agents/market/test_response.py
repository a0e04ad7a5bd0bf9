import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.market.response import adstock, exposure, fatigue, price_response, saturated


def test_a_price_twice_as_high_buys_half_the_exposure():
    assert exposure(120.0, price_index=2.0) == 60.0


def test_adstock_of_a_single_pulse_decays_geometrically():
    stock, seen = 100.0, []
    for _ in range(3):
        stock = adstock(0.0, stock, retention=0.5)
        seen.append(stock)
    assert seen == [50.0, 25.0, 12.5]


def test_half_saturation_gives_half_the_ceiling():
    assert saturated(40.0, 40.0, ceiling=10.0, shape=1.3, half_saturation=40.0) == pytest.approx(5.0)


def test_a_campaign_that_shares_its_audience_gets_its_share_of_the_pooled_response():
    alone = saturated(30.0, 60.0, ceiling=10.0, shape=1.0, half_saturation=60.0)
    assert alone == pytest.approx(10.0 * 0.5 * 0.5)


def test_no_adstock_no_orders_even_where_others_reach_the_audience():
    assert saturated(0.0, 80.0, ceiling=10.0, shape=1.2, half_saturation=40.0) == 0.0


@given(st.floats(0.1, 1e5), st.floats(0.1, 1e5))
def test_more_adstock_never_means_fewer_orders(one: float, other: float):
    few, many = sorted((one, other))
    curve = {"ceiling": 20.0, "shape": 1.2, "half_saturation": 150.0}
    assert saturated(few, few, **curve) <= saturated(many, many, **curve) <= 20.0


def test_fatigue_starts_above_the_free_frequency():
    assert fatigue(1.9, rate=0.1, free=2.0) == 1.0
    assert fatigue(3.0, rate=0.1, free=2.0) == pytest.approx(0.904837, abs=1e-6)


def test_a_higher_price_sells_less():
    assert price_response(1.0, elasticity=1.4) == 1.0
    assert price_response(0.9, elasticity=1.4) > 1.0 > price_response(1.1, elasticity=1.4)
