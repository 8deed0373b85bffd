"""Settings: read once from the environment (`VIVA_…`, and `DATABASE_URL`), with defaults that work on a laptop."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.kit.addresses import parse_networks
from app.kit.errors import OperatorError

ROOT = Path(__file__).resolve().parents[2]
"""The folder that holds `app/`, `templates/`, `seed/` and `migrations/`."""


def default_data_dir() -> Path:
    """`var/` in a checkout, so that every `viva` command of one clone finds the same data; else the XDG data folder."""
    if (ROOT / "pyproject.toml").is_file():
        return ROOT / "var"
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "viva"


class Settings(BaseSettings):
    """Every setting of Viva. README's table of configuration is checked against this class by a test."""

    model_config = SettingsConfigDict(env_prefix="VIVA_", extra="ignore", frozen=True)

    database_url: str | None = Field(
        default=None,
        validation_alias=AliasChoices("database_url", "DATABASE_URL", "VIVA_DATABASE_URL"),
        description="A PostgreSQL server (16 or later). Without it Viva runs a private one in its data folder.",
    )
    data_dir: Path = Field(default_factory=default_data_dir, description="Where the private PostgreSQL and logs live.")
    host: str = Field(default="127.0.0.1", description="The address the web server listens on.")
    port: int = Field(default=8000, ge=1, le=65535, description="The port the web server listens on.")
    workers: int = Field(default=1, ge=1, le=64, description="Worker processes that `viva serve` starts.")
    seed_dir: Path = Field(default=ROOT / "seed", description="Where the questions and templates are loaded from.")
    public_url: str | None = Field(
        default=None,
        description="The address people use, such as https://viva.example.org: behind a proxy that ends TLS, set it.",
    )
    trusted_proxies: str = Field(
        default="127.0.0.1", description="Addresses whose X-Forwarded-* headers are believed, separated by commas."
    )

    database_pool: int = Field(default=20, ge=2, le=200, description="Database connections a web process may hold.")
    max_body_bytes: int = Field(default=512 * 1024, ge=1024, description="The largest request body that is read.")
    max_batch_bytes: int = Field(
        default=32 * 1024 * 1024, ge=1024, description="The largest body of a batch of answers to score."
    )
    max_answer_chars: int = Field(default=20_000, ge=100, description="The longest answer or draft, in code points.")

    calls_per_minute: int = Field(
        default=3000, ge=1, description="Calls of the API that one key may make in a minute, over all web processes."
    )
    calls_per_minute_without_key: int = Field(
        default=300, ge=1, description="Calls of the API that one address may make in a minute without a good key."
    )
    gradings_per_hour: int = Field(
        default=100_000, ge=1, description="Answers that one key may send in an hour to be scored without an interview."
    )

    encoder: Literal["local", "remote", "hashed"] = Field(
        default="local",
        description="Where sentence vectors come from: this machine, a text-embeddings-inference server, "
        "or hashed words (for tests only: its scores mean nothing).",
    )
    model_path: Path | None = Field(default=None, description="Another sentence-transformers model, by folder.")
    encoder_url: str | None = Field(default=None, description="Address of the text-embeddings-inference server.")
    encoder_threads: int = Field(
        default=0,
        ge=0,
        le=64,
        description="Texts that a worker encodes at once, each on one thread; 0: the cores, shared by VIVA_WORKERS.",
    )

    vectors_address: str | None = Field(
        default=None,
        pattern=r"^[^\s/]+:\d{1,5}$",
        description="host:port where a worker answers, and the web server asks, what somebody's search means; "
        "`viva serve` chooses one on this machine. Without it search goes by words alone.",
    )

    smtp_url: SecretStr | None = Field(
        default=None,
        description="The mail server, as smtp://user:password@host:587 (STARTTLS where it is offered) or "
        "smtps://… (TLS from the start). Without it letters become files in `mail/` of the data folder.",
    )
    mail_from: str = Field(
        default="Viva <viva@localhost>", description="The sender of letters, such as Viva <viva@example.org>."
    )

    oidc_issuer: str | None = Field(
        default=None, description="An OpenID Connect provider to sign in with, by its address (the issuer)."
    )
    oidc_client_id: str | None = Field(default=None, description="Viva's name with that provider.")
    oidc_client_secret: SecretStr | None = Field(default=None, description="Viva's secret with that provider.")
    oidc_name: str = Field(default="your organisation", description="What the sign-in page calls that provider.")

    outbound_private_networks: str | None = Field(
        default=None,
        description="Networks, such as 10.0.0.0/8 or fd00::/8, which Viva may call (webhooks, course platforms, "
        "learning records) although they are not public, separated by commas.",
    )
    outbound_plain_http: bool = Field(
        default=False,
        description="Whether webhooks may go to http:// addresses, where everybody on the way can read them.",
    )
    secret_keys: SecretStr | None = Field(
        default=None,
        description="Keys that seal the secrets of webhooks in the database, separated by commas; the first seals, all "
        "open. `openssl rand -base64 32` makes one. Without them the secrets are stored as they are.",
    )

    log_format: Literal["auto", "json", "text"] = Field(
        default="auto", description="auto: text on a terminal, else JSON."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="What is logged.")

    supervised_fd: int | None = Field(default=None, description="Set by `viva serve` for its children.")
    listen_fd: int | None = Field(default=None, description="Set by `viva serve` for its web server.")

    @field_validator("smtp_url")
    @classmethod
    def _is_mail_server(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None:
            parts = urlsplit(url.get_secret_value())
            if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or not _has_port(parts):
                raise ValueError("it must look like smtp://user:password@host:587 or smtps://host")
        return url

    @field_validator("outbound_private_networks")
    @classmethod
    def _are_networks(cls, networks: str | None) -> str | None:
        try:
            parse_networks(networks or "")
        except ValueError:
            raise ValueError("it must look like 10.0.0.0/8, fd00::/8") from None
        return networks

    @field_validator("secret_keys")
    @classmethod
    def _are_long_keys(cls, keys: SecretStr | None) -> SecretStr | None:
        if keys is not None and any(0 < len(key.strip()) < 16 for key in keys.get_secret_value().split(",")):
            raise ValueError("each key must have at least 16 characters")
        return keys

    @field_validator("oidc_issuer")
    @classmethod
    def _is_issuer(cls, url: str | None) -> str | None:
        if url is not None:
            parts = urlsplit(url)
            on_this_machine = parts.scheme == "http" and parts.hostname in {"localhost", "127.0.0.1", "::1"}
            if not parts.hostname or not (parts.scheme == "https" or on_this_machine):
                raise ValueError("it must be an https:// address")
        return url

    @property
    def address(self) -> str:
        """The address that links in letters begin with. A request's Host header does not count: anybody can set it."""
        if self.public_url:
            return self.public_url.rstrip("/")
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}.get(self.host, self.host)  # noqa: S104
        return f"http://[{host}]:{self.port}" if ":" in host and host[0] != "[" else f"http://{host}:{self.port}"

    @property
    def secure_cookies(self) -> bool:
        """Cookies carry `Secure` and the `__Host-` prefix wherever people reach Viva over HTTPS."""
        return bool(self.public_url and self.public_url.startswith("https://"))


def _has_port(parts: SplitResult) -> bool:
    try:
        return parts.port != 0
    except ValueError:
        return False


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The process's settings.

    Raises:
        OperatorError: a variable does not hold what it should; the sentence names it.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "a setting"
        variable = name if name.isupper() else f"VIVA_{name.upper()}"
        raise OperatorError(f"{variable} is not valid: {first['msg']}. See “Configuration” in README.md.") from None
