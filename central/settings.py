"""Head office's settings: one TOML file, every mistake of it at once, and defaults that are good for a laptop."""

import ipaddress
import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictInt, StrictStr

from runtime import toml_file
from runtime.errors import Misconfigured
from sync.joining import POOL_CODES_MAX

SQLITE_NAME = "central.db"


def _state_dir() -> Path:
    """What systemd gives, else where programs of a person keep their state."""
    given = os.environ.get("STATE_DIRECTORY")
    home = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(given) if given else Path(home) / "posd-central"


def _path(value: object) -> object:
    return Path(value).expanduser() if isinstance(value, str) and value else value


class Settings(BaseModel):
    """Everything config/central.toml may say."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    host: StrictStr = "127.0.0.1"
    port: Annotated[StrictInt, Field(ge=0, le=65535)] = 8470
    state_dir: Annotated[Path, BeforeValidator(_path)] = Field(default_factory=_state_dir)
    database: StrictStr = ""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    blank_codes: Annotated[StrictInt, Field(ge=0, le=POOL_CODES_MAX)] = 50

    @property
    def database_url(self) -> str:
        """Where the database is: a file in the state directory unless the settings say otherwise."""
        return self.database or f"sqlite:///{self.state_dir / SQLITE_NAME}"


def load(path: Path | None) -> Settings:
    """The settings in the file at `path`, or the defaults. Raises InvalidFile with every mistake, or Misconfigured."""
    if path is None:
        return Settings()
    file = toml_file.read(path)
    settings, mistakes = toml_file.check(Settings, file.values)
    file.complain(mistakes)
    assert settings is not None
    return settings


def make_state_dir(settings: Settings) -> None:
    """Make the state directory, for its owner's eyes only. Raises Misconfigured."""
    try:
        settings.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = settings.state_dir / f".writable.{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        hint = "Give head office a directory that it may write: `state_dir` in central.toml"
        raise Misconfigured("state_dir", f"{settings.state_dir}: {error.strerror}", hint) from error


def check_host(host: str) -> None:
    """Raise Misconfigured unless `host` is loopback: passwords and members' names must not cross a network in the clear."""
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        hint = 'Set host = "127.0.0.1", and put a proxy that speaks TLS in front of it for other machines'
        raise Misconfigured("host_not_loopback", f"{host!r} is not loopback, and head office speaks plain HTTP only", hint)
