"""Who is on the team: the agents that are asked for proposals, in order."""

from agents.team.agent import Agent
from agents.team.budget_planner import BudgetPlanner


def roster() -> tuple[Agent, ...]:
    return (BudgetPlanner(),)
