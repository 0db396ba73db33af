"""What an installation sets, read once from the environment (``HUB_…``) or ``hub.env``; faults are
listed together.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


def _split(words: object) -> object:
    """Text with commas as the list it stands for."""
    if not isinstance(words, str):
        return words
    return tuple(word for part in words.split(",") if (word := part.strip()))


Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
"""Several words; in the environment with commas between."""


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
    host: str = Field(default="127.0.0.1", description="the address to listen on")
    port: int = Field(default=8000, ge=0, le=65_535, description="the port to listen on")
    public_url: str = Field(
        default="", description="how browsers reach the hub, for example https://desk.example.com"
    )
    allowed_origins: Words = Field(
        default=(), description="further origins whose pages may call the API"
    )
    widget_origins: Words = Field(default=("*",), description="sites that may show the chat widget")
    trusted_proxies: Words = Field(
        default=(), description="addresses whose X-Forwarded-For is believed"
    )
    master_key: SecretStr | None = Field(
        default=None, description="32 bytes in base64; unset: made once in the folder"
    )
    organisation: str = Field(default="Hub", description="the name that customers see")
    metrics_token: SecretStr | None = Field(
        default=None, description="lets Prometheus read /metrics"
    )
    node: str = Field(
        default="", description="this node's name among several; unset: host and port"
    )
    outgoing_allowed: Words = Field(
        default=(),
        description="host:port pairs that webhooks and mail may reach though they are private",
    )
    limits_scale: int = Field(default=1, ge=1, description="loosens all rate limits by this factor")
    synchronous: str = Field(
        default="FULL",
        pattern="^(FULL|EXTRA|NORMAL)$",
        description="SQLite only; with NORMAL a power cut may lose what was confirmed",
    )
    log_level: str = Field(
        default="info",
        pattern="^(debug|info|warning|error)$",
        description="debug, info, warning or error",
    )
    log_json: bool = Field(default=True, description="one JSON object a line; off: for people")
    readers: int = Field(default=4, ge=1, le=64, description="connections that only read")
    parser_processes: int = Field(
        default=1, ge=1, le=16, description="processes that take mails apart"
    )
    secure_cookies: bool | None = Field(
        default=None, description="unset: on when public_url is https"
    )
    argon2_memory_kib: int = Field(
        default=19_456, ge=8, description="memory that hashing one password takes"
    )

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


def faults_of(error: ValidationError) -> list[str]:
    """Every fault of the settings in words, each with the name of its variable."""
    found = []
    for fault in error.errors():
        name = "_".join(str(part) for part in fault["loc"]).upper()
        name = name if name.startswith("HUB_") else f"HUB_{name}"
        is_unknown = fault["type"] == "extra_forbidden"
        found.append(f"{name}: {'there is no such setting' if is_unknown else fault['msg']}")
    return found
