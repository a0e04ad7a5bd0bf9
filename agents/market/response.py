"""The formulas of the truth, one function each; exposure and adstock in pounds at a price index of 1."""

import math


def exposure(spend_pounds: float, *, price_index: float) -> float:
    """X = spend ÷ auction price index."""
    return spend_pounds / price_index


def adstock(exposed: float, carried: float, *, retention: float) -> float:
    """Geometric: a_t = x_t + λ·a_(t−1), 0 ≤ λ < 1."""
    return exposed + retention * carried


def saturated(own: float, pooled: float, *, ceiling: float, shape: float, half_saturation: float) -> float:
    """R_c = β·A^γ ÷ (κ^γ + A^γ) · a_c÷A_c in orders a day; 0 when a_c = 0."""
    if own <= 0:
        return 0.0
    lifted = math.pow(pooled, shape)
    return ceiling * lifted / (math.pow(half_saturation, shape) + lifted) * own / pooled


def fatigue(frequency: float, *, rate: float, free: float) -> float:
    """F_c = e^(−φ·max(0, frequency − f₀)); frequency: impressions a person since the creative started."""
    return math.exp(-rate * max(0.0, frequency - free))


def price_response(price: float, *, elasticity: float) -> float:
    """P = (price ÷ reference)^(−ε), the price as a share of its reference."""
    return math.pow(price, -elasticity)
