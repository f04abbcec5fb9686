"""Options that commands share, and how they speak to the running posd."""

import functools
import http.client
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import click

from posd.settings import DEFAULT_FILE, Settings, load
from runtime.errors import Misconfigured, Rejected, Unavailable

ANSWER_S = 40.0  # an enrolment may wait for head office
TOKEN_FILE = "cli.token"  # as posd/keys.py, which would import cryptography here

F = TypeVar("F", bound=Callable[..., Any])

config_option = click.option(
    "--config",
    "config",
    type=click.Path(path_type=Path),
    default=DEFAULT_FILE,
    envvar="POSD_CONFIG",
    show_default=True,
    help="The settings file.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Answer in JSON, for programs.")


def with_settings(command: F) -> F:
    """Give the command `settings` in place of `--config FILE`."""

    @config_option
    @functools.wraps(command)
    def wrapped(*args: Any, config: Path, **kwargs: Any) -> Any:
        return command(*args, settings=load(config), **kwargs)

    return wrapped  # type: ignore[return-value]


def write_picture(path: Path, picture: bytes) -> None:
    """Write it where somebody asked for it. Raises Misconfigured where that cannot be."""
    try:
        path.write_bytes(picture)
    except OSError as error:
        raise Misconfigured("file_unwritable", f"{path}: {error.strerror}", "Choose another place") from error


class Local:
    """The posd that runs on this machine, over its local API."""

    def __init__(self, settings: Settings) -> None:
        """Raises Unavailable when it has never run, or when we may not read its token."""
        self.settings = settings
        path = settings.state_path / TOKEN_FILE
        try:
            self.token = path.read_text()
        except PermissionError as error:
            hint = "Run this as the user posd or as root: sudo -u posd posd ..."
            raise Unavailable("token_unreadable", f"{path} may not be read by you", hint) from error
        except OSError as error:
            raise _not_running(settings) from error

    def get(self, path: str) -> Any:
        """The answer to a question."""
        return self.ask("GET", path)

    def post(self, path: str, body: object, key: str = "") -> Any:
        """The answer to an order; `key` makes a repeat harmless. Raises what posd answered as Rejected or Unavailable."""
        return self.ask("POST", path, json.dumps(body).encode(), {"Idempotency-Key": key} if key else {})

    def ask(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Any:
        """One request."""
        return self._told(*self.raw(method, path, body, headers))

    def picture(self, path: str) -> bytes:
        """The PNG that is the answer to a question."""
        status, kind, data = self.raw("GET", path)
        if kind == "image/png":
            return data
        self._told(status, kind, data)
        raise _not_posd(self.settings, f"status {status}, {kind}")

    def _told(self, status: int, kind: str, data: bytes) -> Any:
        """What posd says; raises what it refuses."""
        try:
            answer: Any = data.decode() if kind == "text/plain" else json.loads(data)
            if status < http.client.BAD_REQUEST:
                return answer
            wrong = "".join(f"\n  {one['at']}: {one['wrong']}" for one in answer.get("mistakes", []))
            shape = Unavailable if answer["retryable"] else Rejected
            error = shape(answer["code"], answer["message"] + wrong, answer["hint"])
        except (ValueError, KeyError, TypeError, AttributeError) as strange:
            raise _not_posd(self.settings, f"status {status}, {kind}") from strange
        raise error

    def raw(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, str, bytes]:
        """Status, content type and body."""
        api = self.settings.api
        connection = http.client.HTTPConnection(api.host, api.port, timeout=ANSWER_S)
        sent = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json", **(headers or {})}
        try:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            return response.status, response.headers.get_content_type(), response.read()
        except OSError as error:
            raise _not_running(self.settings) from error
        except http.client.HTTPException as error:
            raise _not_posd(self.settings, "no HTTP") from error
        finally:
            connection.close()

    def events(self, for_s: float) -> Iterator[tuple[str, Any]]:
        """The kind and body of each thing that happens within `for_s` seconds (text/event-stream, HTML 9.2)."""
        api, end_s = self.settings.api, time.monotonic() + for_s
        connection = http.client.HTTPConnection(api.host, api.port, timeout=for_s)
        kind = ""
        try:
            connection.connect()
            line = connection.sock
            connection.request("GET", "/v1/events", headers={"Authorization": f"Bearer {self.token}"})
            response = connection.getresponse()
            while (left_s := end_s - time.monotonic()) > 0:
                line.settimeout(left_s)
                if not (told := response.readline().decode()):
                    raise _not_running(self.settings)
                name, _, value = told.rstrip("\n").partition(": ")
                if name == "event":
                    kind = value
                elif name == "data":
                    yield kind, json.loads(value)
        except TimeoutError:  # the time is over, and nothing more has happened
            return
        except OSError as error:
            raise _not_running(self.settings) from error
        finally:
            connection.close()


def running(settings: Settings) -> Local | None:
    """The posd that runs and has the devices; None where none does: only then are they ours to open. Raises Unavailable where we
    cannot know."""
    try:
        local = Local(settings)
        local.get("/v1/status")
    except Unavailable as error:
        if error.code == "not_running":
            return None
        raise
    return local


def _not_posd(settings: Settings, answered: str) -> Unavailable:
    where = f"{settings.api.host}:{settings.api.port}"
    hint = "Another program has that port: see api.port in the settings"
    return Unavailable("not_posd", f"What answers at {where} is not posd ({answered})", hint)


def _not_running(settings: Settings) -> Unavailable:
    where = f"{settings.api.host}:{settings.api.port}"
    return Unavailable("not_running", f"posd does not answer at {where}", "Start it: systemctl start posd (or: posd run)")


def show(value: object) -> None:
    """Print JSON for programs, readable for people too."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))
