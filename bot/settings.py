"""One frozen settings object, read once from the environment and the command line."""

from functools import cached_property
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

DEFAULT_HOME = Path(".countersign")


class Settings(BaseSettings):
    """Where this installation keeps its things and whom it talks to; secrets never print."""

    model_config = SettingsConfigDict(frozen=True, env_prefix="COUNTERSIGN_", extra="ignore", populate_by_name=True)

    home: Path = DEFAULT_HOME
    channel: str = "C00MARKETING"
    """The Slack channel id that cards are posted to; the local workspace's own by default."""
    slack_bot_token: SecretStr | None = Field(default=None, alias="SLACK_BOT_TOKEN")
    slack_app_token: SecretStr | None = Field(default=None, alias="SLACK_APP_TOKEN")
    """With it: Socket Mode. Without it, and with a signing secret: HTTP."""
    slack_signing_secret: SecretStr | None = Field(default=None, alias="SLACK_SIGNING_SECRET")
    slack_api_url: str = "https://slack.com/api/"

    @cached_property
    def database(self) -> Path:
        return self.home / "countersign.db"

    @cached_property
    def market(self) -> Path:
        return self.home / "market.db"

    @cached_property
    def market_truth(self) -> Path:
        return self.home / "market_truth.db"

    @cached_property
    def lake(self) -> Path:
        return self.home / "lake"

    @cached_property
    def workspace(self) -> Path:
        return self.home / "workspace"

    @cached_property
    def people(self) -> Path:
        return self.home / "people.yml"

    @cached_property
    def limits(self) -> Path:
        return self.home / "limits.yml"

    @cached_property
    def worker_lock(self) -> Path:
        return self.home / "worker.lock"

    @property
    def real_slack(self) -> bool:
        """Whether tokens of a real workspace are given; else the local workspace is served."""
        return self.slack_bot_token is not None
