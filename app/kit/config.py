"""Settings: read once from the environment (`VIVA_…`, and `DATABASE_URL`), with defaults that work on a laptop."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

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
    max_answer_chars: int = Field(default=20_000, ge=100, description="The longest answer or draft, in code points.")

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

    log_format: Literal["auto", "json", "text"] = Field(
        default="auto", description="auto: text on a terminal, else JSON."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="What is logged.")

    supervised_fd: int | None = Field(default=None, description="Set by `viva serve` for its children.")
    listen_fd: int | None = Field(default=None, description="Set by `viva serve` for its web server.")

    @property
    def secure_cookies(self) -> bool:
        """Cookies carry `Secure` and the `__Host-` prefix wherever people reach Viva over HTTPS."""
        return bool(self.public_url and self.public_url.startswith("https://"))


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
