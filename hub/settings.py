"""What an installation sets, read once from the environment (``HUB_…``) or ``hub.env``; faults are
listed together.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Everything the hub must know before it starts. Channels, queues and people are set up
    inside.
    """

    model_config = SettingsConfigDict(env_prefix="HUB_", env_file="hub.env", extra="forbid")

    folder: Path = Field(
        default=Path("hub-data"), description="where SQLite, blobs and secrets live"
    )
    database_url: str | None = Field(
        default=None, description="postgresql+psycopg://…; unset: SQLite in the folder"
    )
    redis_url: str | None = Field(
        default=None, description="redis://…; needed for more than one node only"
    )
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65_535)
    public_url: str = Field(
        default="", description="how browsers reach the hub, for example https://desk.example.com"
    )
    allowed_origins: tuple[str, ...] = Field(
        default=(), description="further origins whose pages may call the API"
    )
    widget_origins: tuple[str, ...] = Field(
        default=("*",), description="sites that may show the chat widget"
    )
    trusted_proxies: tuple[str, ...] = Field(
        default=(), description="addresses whose X-Forwarded-For is believed"
    )
    master_key: SecretStr | None = Field(
        default=None, description="32 bytes in base64; unset: made once in the folder"
    )
    organisation: str = "Hub"
    metrics_token: SecretStr | None = Field(
        default=None, description="lets Prometheus read /metrics"
    )
    node: str = Field(
        default="", description="this node's name among several; unset: host and port"
    )
    outgoing_allowed: tuple[str, ...] = Field(
        default=(),
        description="host:port pairs that webhooks and mail may reach though they are private",
    )
    limits_scale: int = Field(default=1, ge=1, description="loosens all rate limits by this factor")
    synchronous: str = Field(default="FULL", pattern="^(FULL|EXTRA|NORMAL)$")
    log_level: str = "info"
    log_json: bool = True
    readers: int = Field(default=4, ge=1, le=64)
    parser_processes: int = Field(default=1, ge=1, le=16)
    secure_cookies: bool | None = Field(
        default=None, description="unset: on when public_url is https"
    )
    argon2_memory_kib: int = Field(default=19_456, ge=8)

    @field_validator("public_url")
    @classmethod
    def _no_slash(cls, url: str) -> str:
        return url.rstrip("/")

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.folder / 'hub.db'}"

    @property
    def cookies_are_secure(self) -> bool:
        return (
            self.public_url.startswith("https://")
            if self.secure_cookies is None
            else self.secure_cookies
        )
