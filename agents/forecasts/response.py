"""Measured response: attributed revenue of a campaign as a saturating, carried-over function of its spend.

revenue(day) = demand(day) × beta × A^slope ÷ (kappa^slope + A^slope), A = spend carried over geometrically. A grid of
shapes (carry-over, kappa, slope) is weighted by prior and fit; half of the prior mass is on slope 1, half on free
slopes, so that the draws average the two fits. Noise is taken from residuals over weekly blocks, because days that
follow each other err alike. A campaign whose spend hardly moved keeps the width of the prior.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.forecasts.history import MIN_ARRIVED, CampaignDays, Floats

MIN_DAYS = 28
"""Days with spend and half of the conversions arrived, below which a response is not measured."""
MIN_VARIATION = 0.03
"""Coefficient of variation of daily spend below which a response cannot be measured."""
_HALF_LIFE_DAYS = 90.0
_CARRIES = (0.0, 0.3, 0.55, 0.8)
_KAPPAS = tuple(float(k) for k in np.exp(np.linspace(np.log(0.12), np.log(5.0), 10)))
_FREE_SLOPES = (0.7, 0.85, 1.2, 1.5, 2.0)
_KAPPA_PRIOR = (0.0, 0.8)  # log of kappa as a multiple of the mean spend: centre, spread
_SLOPE_PRIOR = (np.log(1.1), 0.35)


@dataclass(frozen=True, slots=True)
class Response:
    """Draws of one campaign's response curve; arrays have one element a draw."""

    channel: str
    campaign_id: str
    carry: Floats
    kappa: Floats
    """Spend a day of half saturation, currency units."""
    slope: Floats
    beta: Floats
    """Revenue a day at full saturation and demand 1, currency units."""
    days: int
    """Days the curve was measured on."""
    variation: float
    """Coefficient of variation of daily spend."""

    @property
    def draws(self) -> int:
        return len(self.beta)

    def steady(self, spend: Floats) -> Floats:
        """Revenue a day at demand 1 if a daily spend is kept up; shape (draws, amounts)."""
        return self.beta[:, None] * _hill(spend[None, :], self.kappa[:, None], self.slope[:, None])

    def path(self, spend: Floats) -> Floats:
        """Revenue of each day of a spend path at demand 1; shape (draws, days). Carry-over starts with the path."""
        carries, inverse = np.unique(self.carry, return_inverse=True)
        carried = np.array([carried_over(spend, float(carry)) for carry in carries])[inverse]
        return self.beta[:, None] * _hill(carried, self.kappa[:, None], self.slope[:, None])


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """Why a campaign has no response curve, for people."""

    reason: str


def carried_over(spend: Floats, carry: float) -> Floats:
    """Geometric adstock with weights that sum to 1, started at the mean of the first week."""
    carried = np.empty_like(spend)
    level = float(spend[:7].mean()) if len(spend) else 0.0
    for index, amount in enumerate(spend):
        level = carry * level + (1 - carry) * float(amount)
        carried[index] = level
    return carried


def fit_response(
    campaign: CampaignDays, demand: Floats, *, draws: int, rng: np.random.Generator
) -> Response | Unmeasured:
    """Draw response curves from their posterior; Unmeasured with too few days or an unmoved spend."""
    used = campaign.reported & (campaign.arrived >= MIN_ARRIVED) & (campaign.spend > 0)
    days = int(used.sum())
    if days < MIN_DAYS:
        return Unmeasured(f"needs {MIN_DAYS} complete days with spend, has {days}")
    if float(campaign.revenue[used].sum()) <= 0:
        return Unmeasured(f"no attributed revenue in {days} days")
    variation = float(campaign.spend[used].std() / campaign.spend[used].mean())
    if variation < MIN_VARIATION:
        return Unmeasured(f"spend moved by only {variation:.1%} in {days} days: its response cannot be measured")
    grid, log_prior = _shapes(float(campaign.spend[used].mean()))
    columns = _columns(campaign.spend, grid)[:, used] * demand[used]
    revenue = campaign.revenue[used] / campaign.arrived[used]
    age = np.arange(len(used) - 1, -1, -1)[used]
    weights = campaign.arrived[used] / demand[used] * 0.5 ** (age / _HALF_LIFE_DAYS)
    block = np.arange(len(used))[used] // 7
    picked, beta = _posterior(columns, revenue, weights / weights.mean(), block, log_prior, draws=draws, rng=rng)
    return Response(
        channel=campaign.channel,
        campaign_id=campaign.campaign_id,
        carry=grid[picked, 0],
        kappa=grid[picked, 1],
        slope=grid[picked, 2],
        beta=beta,
        days=days,
        variation=variation,
    )


def _shapes(mean_spend: float) -> tuple[Floats, Floats]:
    """Grid of (carry, kappa, slope) and the logarithm of its prior."""
    rows, priors = [], []
    slopes = [(1.0, 0.5)]
    free = np.exp(-0.5 * ((np.log(_FREE_SLOPES) - _SLOPE_PRIOR[0]) / _SLOPE_PRIOR[1]) ** 2)
    slopes += list(zip(_FREE_SLOPES, 0.5 * free / free.sum(), strict=True))
    for carry in _CARRIES:
        for kappa in _KAPPAS:
            for slope, mass in slopes:
                rows.append((carry, kappa * mean_spend, slope))
                away = (np.log(kappa) - _KAPPA_PRIOR[0]) / _KAPPA_PRIOR[1]
                priors.append(np.log(mass) - 0.5 * away**2)
    return np.array(rows), np.array(priors)


def _columns(spend: Floats, grid: Floats) -> Floats:
    carried = {carry: carried_over(spend, carry) for carry in _CARRIES}
    return np.array([_hill(carried[float(carry)], kappa, slope) for carry, kappa, slope in grid])


def _posterior(
    columns: Floats,
    revenue: Floats,
    weights: Floats,
    block: NDArray[np.int64],
    log_prior: Floats,
    *,
    draws: int,
    rng: np.random.Generator,
) -> tuple[NDArray[np.int64], Floats]:
    """Indices of the drawn shapes and a beta for each."""
    cross = columns @ (weights * revenue)
    square = (columns**2) @ weights
    beta = cross / square
    left = float((weights * revenue**2).sum()) - beta * cross
    left = np.maximum(left, 1e-9 * float((weights * revenue**2).sum()))
    best = int(np.argmax(-0.5 * len(revenue) * np.log(left) + log_prior))
    # Days of one week err alike: their scores are summed by block before they are squared.
    score = weights * columns[best] * (revenue - beta[best] * columns[best])
    blocks = np.bincount(block - block.min(), weights=score)
    alike = float(np.clip((blocks**2).sum() / max(float((score**2).sum()), 1e-12), 1.0, 7.0))
    log_posterior = -0.5 * len(revenue) / alike * np.log(left) + log_prior
    mass = np.exp(log_posterior - log_posterior.max())
    picked = rng.choice(len(mass), size=draws, p=mass / mass.sum())
    error = np.sqrt(alike * left / max(len(revenue) - 3, 1) / square)
    drawn = beta[picked] + error[picked] * rng.standard_normal(draws)
    return picked, np.maximum(drawn, 0.05 * beta[picked])


def _hill(amount: Floats, kappa: Floats | float, slope: Floats | float) -> Floats:
    raised = np.maximum(amount, 0.0) ** slope
    result: Floats = raised / (kappa**slope + raised)
    return result
