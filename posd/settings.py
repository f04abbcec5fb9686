"""The terminal's settings: one TOML file, every mistake at once."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr

from loyalty.joining import CONSENT_CHARS_MAX
from loyalty.program import Mistake
from runtime import toml_file
from runtime.calendar import CANDLE_MINUTES, CANDLE_MINUTES_MAX, JERUSALEM, Coordinates

DEFAULT_FILE = Path("/etc/posd/posd.toml")
API_PORT = 8480
HEAD_OFFICE_PORT = 8470

STRICT = ConfigDict(extra="forbid", frozen=True)
WITH_OPTIONS = ConfigDict(extra="allow", frozen=True)

Language = Literal["he", "en", "ar", "ru"]


class Api(BaseModel):
    """Where the till and the pages talk to posd."""

    model_config = STRICT
    host: Literal["127.0.0.1", "::1", "localhost"] = "127.0.0.1"
    port: Annotated[StrictInt, Field(ge=0, le=65535)] = API_PORT
    origins: tuple[StrictStr, ...] = ()


class HeadOffice(BaseModel):
    """Where head office is."""

    model_config = STRICT
    url: StrictStr = f"http://127.0.0.1:{HEAD_OFFICE_PORT}"
    ca_file: StrictStr = ""


class Place(BaseModel):
    """Where the store stands, for the Jewish calendar: its days begin at the sunset of this place."""

    model_config = STRICT
    latitude: Annotated[StrictFloat, Field(ge=-90, le=90)] = JERUSALEM.latitude
    longitude: Annotated[StrictFloat, Field(ge=-180, le=180)] = JERUSALEM.longitude
    candle_minutes: Annotated[StrictInt, Field(ge=0, le=CANDLE_MINUTES_MAX)] = CANDLE_MINUTES
    diaspora: StrictBool = False

    @property
    def coordinates(self) -> Coordinates:
        """The same for runtime.calendar."""
        return Coordinates(self.latitude, self.longitude, self.candle_minutes, self.diaspora)


class Device(BaseModel):
    """A scanner, a printer or a display: its driver, its name, and whatever else that driver wants."""

    model_config = WITH_OPTIONS
    driver: StrictStr
    name: Annotated[StrictStr, Field(min_length=1, max_length=40)] = ""

    @property
    def options(self) -> dict[str, Any]:
        """What the driver's own settings are."""
        return dict(self.model_extra or {})


class CustomerDisplay(Device):
    """A display, and what it may say of a member: everybody in the queue reads it."""

    shows_name: StrictBool = True
    shows_balance: StrictBool = True


class Settings(BaseModel):
    """All of it. The defaults are good for a laptop; config/posd.toml says what each is for."""

    model_config = STRICT
    state_dir: StrictStr = "/var/lib/posd"
    highwater_dir: StrictStr = ""
    ballast_mib: Annotated[StrictInt, Field(ge=0, le=1024)] = 16
    language: Language = "he"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    printing: Literal["posd", "till", "none"] = "none"
    consent: Annotated[StrictStr, Field(min_length=1, max_length=CONSENT_CHARS_MAX)] = "1"
    api: Api = Field(default_factory=Api)
    head_office: HeadOffice = Field(default_factory=HeadOffice)
    place: Place = Field(default_factory=Place)
    scanners: tuple[Device, ...] = ()
    printer: Device | None = None
    display: CustomerDisplay | None = None

    @property
    def state_path(self) -> Path:
        """The folder of the database, the key and the tokens."""
        return Path(self.state_dir)

    @property
    def highwater_path(self) -> Path:
        """The folder of the high-water file."""
        return Path(self.highwater_dir or self.state_dir)


def load(path: Path) -> Settings:
    """The settings in `path`. Raises InvalidFile with every mistake, Misconfigured when the file cannot be read."""
    file = toml_file.read(path)
    settings, mistakes = toml_file.check(Settings, file.values)
    if settings:
        mistakes += _meaning(settings)
    file.complain(mistakes)
    assert settings
    return settings


def _meaning(settings: Settings) -> list[Mistake]:
    mistakes = []
    if settings.printing == "posd" and settings.printer is None:
        wanted = 'a table [printer] with its driver, or printing = "till" or "none"'
        mistakes.append(Mistake("printing", 'it says "posd" but there is no printer', wanted))
    names = [scanner.name or scanner.driver for scanner in settings.scanners]
    for place, name in enumerate(names):
        if name in names[:place]:
            mistakes.append(Mistake(f"scanners.{place}.name", f"another scanner is named {name!r}", "a name of its own"))
    return mistakes
