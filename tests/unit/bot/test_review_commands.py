"""Reviews on the command line: moments are shown by the team's clock."""

import pytest

from bot.commands import reviews
from bot.opening import open_office
from bot.settings import Settings
from bot.slack.cards.markup import plain_moment
from storage.records.alerts import Severity
from storage.records.reviews import Review, ReviewState, ReviewStep
from tests.builders import NOW


async def test_when_the_next_step_is_due_and_each_was_made_is_told_by_the_teams_clock(
    home: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    review = Review(
        alert_id="ALERT-3",
        key="drift/cpc/paid_search",
        kpi="cpc",
        entity="paid_search",
        severity=Severity.WARNING,
        simulated=True,
        state=ReviewState.OPEN,
        version=1,
        opened_at=NOW,
        since=NOW,
        due_at=NOW,
        steps=(ReviewStep(state=ReviewState.OPEN, at=NOW, by="monitor", words="seen"),),
    )
    async with open_office(home) as office:
        async with office.ledger.write() as tx:
            await tx.reviews.add(review)
        local = plain_moment(NOW, await office.zone())
    assert "10:30 BST" in local
    await reviews.reviews_list(over=False, home=home.home, json=False)
    assert f"due {local}" in capsys.readouterr().out
    await reviews.reviews_show(alert="alert-3", home=home.home, json=False)
    shown = capsys.readouterr().out
    assert f"  {local} open, monitor: seen" in shown
    assert "UTC" not in shown
