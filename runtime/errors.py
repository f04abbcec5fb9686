"""The three kinds of broken things, by what the caller should do. A "no" is a value; a bug is an assertion."""

import os


class PosdError(Exception):
    """What went wrong: a stable `code` (docs/errors.md), the message, and what to do now.

    `exit_status` is what a command ends with (sysexits.h): systemd starts a service anew after all but Misconfigured.
    """

    exit_status = 1

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        """Message and hint, as a person reads them."""
        return f"{self.message}. {self.hint}" if self.hint else self.message


class Rejected(PosdError):
    """The caller asked for something that is wrong and will stay wrong: change the request."""


class Unavailable(PosdError):
    """Something that is needed does not answer now: try again later, nothing was lost."""

    exit_status = os.EX_TEMPFAIL


class Misconfigured(PosdError):
    """A person must change a setting, a file or the machine before this can work."""

    exit_status = os.EX_CONFIG
