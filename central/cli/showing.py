"""A member's changing code in a terminal's window, for trials: drawn in half blocks, with the seconds that it has left."""

import contextlib
import threading
import time
from collections.abc import Callable

import click

from central.qr import blocks
from loyalty.code import STEP_S

CLEARED = "\x1b[H\x1b[J"
"""The cursor to the corner and everything after it away (ECMA-48)."""

Text = Callable[[int], str]
"""The code's text at a step."""


def left_s(now_s: float) -> int:
    """How long the part that is shown now stays, in seconds."""
    return STEP_S - int(now_s) % STEP_S


def show(text: Text) -> None:
    """Show the code, anew every half minute, until somebody stops it."""
    shown, never = -1, threading.Event()
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            now_s = time.time()
            if (step := int(now_s) // STEP_S) != shown:
                shown = step
                click.echo(f"{CLEARED}{blocks(text(step))}{text(step)}")
            click.echo(f"\rchanges in {left_s(now_s):2} s; Ctrl-C ends it ", nl=False)
            never.wait(1)
    click.echo()
