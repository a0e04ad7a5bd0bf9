"""One frozen settings object, read once from the environment and the command line."""

import json
import re
from functools import cached_property
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

DEFAULT_HOME = Path(".countersign")
_LAKE_URL = re.compile(r"(?:s3a?|az|azure|adl|abfss?|gs)://[^\s/]+(?:/\S*)?|file:///\S+|(?!\w+:).+")
_PUBLIC_URL = re.compile(r"https?://[^\s/?#@]+/?")


class LakeOptionsUnreadable(ValueError):
    """Raised for options of the lake's object store that are no JSON object of texts."""

    def __init__(self) -> None:
        super().__init__(
            "COUNTERSIGN_LAKE_OPTIONS cannot be read: "
            'it takes a JSON object of texts, such as {"AWS_REGION": "eu-west-1"}'
        )


class LakeUrlInvalid(ValueError):
    """Raised for a place that a lake cannot be in; it must not pass for one that is empty."""

    def __init__(self, given: str) -> None:
        super().__init__(f"COUNTERSIGN_LAKE_URL={given}: it takes s3://bucket/lake, az://…, gs://… or a folder")


class PublicUrlInvalid(ValueError):
    """Raised for an address that no browser could open."""

    def __init__(self, given: str) -> None:
        super().__init__(
            f"COUNTERSIGN_PUBLIC_URL={given}: it takes an address such as https://bot.example, and no more"
        )


class Settings(BaseSettings):
    """Where this installation keeps its things and whom it talks to; secrets never print."""

    model_config = SettingsConfigDict(frozen=True, env_prefix="COUNTERSIGN_", extra="ignore", populate_by_name=True)

    home: Path = DEFAULT_HOME
    channel: str = "C00MARKETING"
    """The Slack channel id that cards are posted to; the local workspace's own by default."""
    audit_channel: str | None = None
    """The Slack channel id that signed checkpoints of the trail are posted to; the local workspace has its own."""
    audit_witness_file: Path | None = None
    """A file, best on another machine's disk, that every signed checkpoint of the trail is appended to."""
    audit_witness_url: str | None = None
    """Where every signed checkpoint is POSTed to, or PUT if it holds `{size}`, as https://store/trail/{size}.txt."""
    lake_url: str | None = None
    """Where the lake is, if not in the home: s3://bucket/lake, az://…, gs://…, or another folder."""
    lake_options: SecretStr | None = None
    """JSON of texts with what the object store of the lake asks for: region, endpoint, keys."""
    public_url: str | None = None
    """Where people's browsers reach this bot, as https://bot.example: what links to the dashboard begin with."""
    traces: str | None = None
    """Where OpenTelemetry sends spans: otlp (a collector) or console (stderr); nowhere by default."""
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
    def lake_uri(self) -> str:
        """Raises LakeUrlInvalid."""
        if self.lake_url is not None and not _LAKE_URL.fullmatch(self.lake_url):
            raise LakeUrlInvalid(self.lake_url)
        return self.lake_url or str(self.lake)

    @cached_property
    def lake_local(self) -> Path:
        """What a lake in an object store keeps on this machine."""
        return self.home / "lake_local"

    @cached_property
    def lake_storage(self) -> dict[str, str] | None:
        """Raises LakeOptionsUnreadable, which does not repeat what it read."""
        if self.lake_options is None:
            return None
        try:
            options = json.loads(self.lake_options.get_secret_value())
        except ValueError:
            raise LakeOptionsUnreadable from None
        if not isinstance(options, dict) or not all(isinstance(value, str) for value in options.values()):
            raise LakeOptionsUnreadable
        return options

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
    def calendar(self) -> Path:
        return self.home / "calendar.yml"

    @cached_property
    def policies(self) -> Path:
        """The team's own policies, and the texts that replace shipped ones of their name."""
        return self.home / "policies"

    @cached_property
    def keys(self) -> Path:
        """The keys that editions of the rules and checkpoints of the trail are signed with."""
        return self.home / "keys"

    def reached_at(self, port: int) -> str:
        """What links to the dashboard begin with; else they open here only. Raises PublicUrlInvalid."""
        if self.public_url is None:
            return f"http://127.0.0.1:{port}"
        if not _PUBLIC_URL.fullmatch(self.public_url):
            raise PublicUrlInvalid(self.public_url)
        return self.public_url.rstrip("/")

    @cached_property
    def dashboard_secret(self) -> Path:
        """What links to the dashboard are signed with; without it a new one is made, and old links end."""
        return self.keys / "dashboard.secret"

    @cached_property
    def worker_lock(self) -> Path:
        return self.home / "worker.lock"

    @property
    def real_slack(self) -> bool:
        """Whether tokens of a real workspace are given; else the local workspace is served."""
        return self.slack_bot_token is not None
