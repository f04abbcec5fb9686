"""Phone screens as a till's camera sees them, drawn from a seed: the truth is known, and no two runs differ.

Every kind is drawn from easy to hopeless, so that a decoder's reach shows as a share. What a real lens, sensor and screen do
beyond this, the photos of ../shared/corpora say.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import segno
from numpy.typing import NDArray

Frame = NDArray[np.uint8]
Light = NDArray[np.float32]
"""A grey picture before the sensor: 0 is black, 255 is white, in fractions."""

SIZES = {"720p": (1280, 720), "480p": (640, 480)}
CODE_AT = 0.45  # how far down the phone the middle of the code is
BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


@dataclass(frozen=True, slots=True)
class Shown:
    """One drawn frame and the text that its code says."""

    kind: str
    size: str
    frame: Frame
    text: str


def drawn(seed: int, each: int) -> Iterator[Shown]:
    """Draw `each` frames of every kind in both sizes."""
    for size, (width, height) in SIZES.items():
        for kind, worsened in KINDS.items():
            for number in range(each):
                rng = np.random.default_rng([seed, number, *kind.encode(), width])
                text = _text(rng)
                yield Shown(kind, size, _frame(rng, kind, worsened, text, (width, height)), text)


def _text(rng: np.random.Generator) -> str:
    """A signed code, a card's number, or a code of another shop."""
    length = int(rng.choice([176, 13, 40]))
    letters = "0123456789" if length == 13 else BASE32
    return ("PL1:" if length == 176 else "") + "".join(rng.choice(list(letters), length - 4 * (length == 176)))


def _frame(rng: np.random.Generator, kind: str, worsened: "Worsen", text: str, size: tuple[int, int]) -> Frame:
    screen, modules = _screen(rng, text, dark=kind == "dark mode")
    width, height = size
    # Twice as large as the frame, then averaged: a lens does not pick single points.
    warp = _held(rng, kind, screen, modules, (2 * width, 2 * height))
    scene = _counter(rng, 2 * width, 2 * height)
    mask = cv2.warpPerspective(np.full(screen.shape, 255, np.uint8), warp, (2 * width, 2 * height))
    seen = cv2.warpPerspective(screen, warp, (2 * width, 2 * height), flags=cv2.INTER_AREA)
    scene = np.where(mask > 127, seen, scene).astype(np.float32)
    light = np.asarray(cv2.resize(scene, size, interpolation=cv2.INTER_AREA), dtype=np.float32)
    light = cv2.GaussianBlur(light, (0, 0), 0.6)
    middle = cv2.perspectiveTransform(np.array([[[screen.shape[1] / 2, screen.shape[0] * CODE_AT]]]), warp)[0, 0] / 2
    light = worsened(rng, np.asarray(light, np.float32), middle)
    grain = rng.normal(0, rng.uniform(1.5, 5), light.shape)
    return np.clip(light + grain, 0, 255).astype(np.uint8)


def _screen(rng: np.random.Generator, text: str, *, dark: bool) -> tuple[Light, int]:
    """A phone with the code, a few lines of writing and a bar of icons; and how many modules the code has with its margin."""
    code = segno.make(text, error=str(rng.choice(["l", "m", "q"])), micro=False, boost_error=False)
    modules = np.array([list(row) for row in code.matrix_iter(border=2)], np.uint8)
    side = modules.shape[0] * 8
    paper, ink = rng.uniform(200, 245), rng.uniform(5, 45)
    if dark:
        paper, ink = ink, paper
    page = np.full((int(side * 1.9), int(side * 1.14)), paper, np.float32)
    top, left = int(side * 0.35), int(side * 0.07)
    page[top : top + side, left : left + side] = np.where(modules > 0, ink, paper).repeat(8, 0).repeat(8, 1)
    for line in range(5):
        y = int(side * (1.45 + 0.08 * line))
        for x in np.arange(left, left + side * rng.uniform(0.4, 0.9), side * 0.06):
            cv2.rectangle(page, (int(x), y), (int(x + side * rng.uniform(0.01, 0.05)), y + int(side * 0.035)), ink, -1)
    return cv2.copyMakeBorder(page, *(side // 20,) * 4, cv2.BORDER_CONSTANT, value=12.0), modules.shape[0]


def _held(rng: np.random.Generator, kind: str, screen: Light, modules: int, size: tuple[int, int]) -> NDArray[np.float64]:
    """Where the phone's corners lie in a frame of `size`; a module has the size that the kind wants, the code stays in view."""
    width, height = size
    module_px = rng.uniform(1.3, 2.4) if kind == "small" else rng.uniform(2.2, 6)
    code_px = min(module_px * 2 * modules, 0.8 * min(size))
    scale = code_px / (modules * 8)
    tilt = np.radians(rng.uniform(30, 62) if kind == "tilted" else rng.uniform(0, 18))
    turn = rng.uniform(0, 2 * np.pi) if kind in {"tilted", "turned"} else rng.normal(0, 0.15)
    around, depth = rng.uniform(0, 2 * np.pi), 4.0 * code_px
    rows, columns = screen.shape
    corners = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float32)
    flat = (corners - np.array([columns / 2, rows * CODE_AT])) * scale
    spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    axis = np.array([np.cos(around), np.sin(around)])
    flat = flat @ spin.T
    along = flat @ axis
    back = 1 + along * np.sin(tilt) / depth
    bent = (flat + np.outer(along * (np.cos(tilt) - 1), axis)) / back[:, None]
    slack = np.maximum(np.array([width, height]) - code_px * 1.15, 0) / 2
    center = np.array([width, height]) / 2 + rng.uniform(-1, 1, 2) * slack
    return cv2.getPerspectiveTransform(corners, (bent + center).astype(np.float32))


def _counter(rng: np.random.Generator, width: int, height: int) -> Light:
    """A counter with goods on it: wood, boxes, edges."""
    coarse = rng.normal(rng.uniform(60, 180), 20, (height // 160, width // 160)).astype(np.float32)
    scene = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    for _ in range(int(rng.integers(4, 12))):
        x, y = int(rng.integers(0, width)), int(rng.integers(0, height))
        end = (x + int(rng.integers(20, width // 3)), y + int(rng.integers(20, height // 3)))
        cv2.rectangle(scene, (x, y), end, float(rng.uniform(20, 230)), int(rng.choice([-1, 3, 8])))
    return np.asarray(scene, dtype=np.float32)


Worsen = Callable[[np.random.Generator, Light, NDArray[np.float64]], Light]
"""Given a frame and where the middle of the code is in it."""


def _nothing(rng: np.random.Generator, light: Light, middle: NDArray[np.float64]) -> Light:
    return light


def _blur(rng: np.random.Generator, light: Light, middle: NDArray[np.float64]) -> Light:
    return np.asarray(cv2.GaussianBlur(light, (0, 0), rng.uniform(0.8, 3.2)), dtype=np.float32)


def _shake(rng: np.random.Generator, light: Light, middle: NDArray[np.float64]) -> Light:
    """The hand moves while the shutter is open: a line of up to 11 pixels in any direction."""
    length = int(rng.integers(3, 12))
    line = np.zeros((length, length), np.float32)
    angle = rng.uniform(0, np.pi)
    reach = np.array([np.cos(angle), np.sin(angle)]) * (length - 1) / 2
    middle = (length - 1) / 2
    start, end = (tuple(round(middle + sign * one) for one in reach) for sign in (-1, 1))
    cv2.line(line, start, end, 1.0)
    return np.asarray(cv2.filter2D(light, -1, line / line.sum()), dtype=np.float32)


def _dim(rng: np.random.Generator, light: Light, middle: NDArray[np.float64]) -> Light:
    """A dark screen, and the sensor's amplifier turned up: contrast goes, grain comes."""
    level = rng.uniform(0.06, 0.4)
    return np.asarray(light * level + 15 + rng.normal(0, rng.uniform(2, 9), light.shape), dtype=np.float32)


def _glare(rng: np.random.Generator, light: Light, middle: NDArray[np.float64]) -> Light:
    """Lamps in the glass: spots that wash out what is under them."""
    height, width = light.shape
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    for _ in range(int(rng.integers(1, 4))):
        x, y = middle + rng.normal(0, 0.06, 2) * width
        a, b, turn = rng.uniform(0.03, 0.2) * width, rng.uniform(0.02, 0.08) * width, rng.uniform(0, np.pi)
        u = (columns - x) * np.cos(turn) + (rows - y) * np.sin(turn)
        v = -(columns - x) * np.sin(turn) + (rows - y) * np.cos(turn)
        light = light + rng.uniform(120, 320) * np.exp(-((u / a) ** 2) - (v / b) ** 2)
    return np.asarray(light, dtype=np.float32)


def _shadow(rng: np.random.Generator, light: Light, middle: NDArray[np.float64]) -> Light:
    """The edge of a hand's shadow runs through the code."""
    height, width = light.shape
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    turn = rng.uniform(0, 2 * np.pi)
    x, y = middle + rng.uniform(-0.06, 0.06, 2) * height
    across = (columns - x) * np.cos(turn) + (rows - y) * np.sin(turn)
    share = 1 / (1 + np.exp(-across / rng.uniform(1, 25)))
    darkest = rng.uniform(0.12, 0.5)
    return np.asarray(light * (darkest + (1 - darkest) * share), dtype=np.float32)


def _moire(rng: np.random.Generator, light: Light, middle: NDArray[np.float64]) -> Light:
    """The screen's own pixels beat against the sensor's: two waves of 2 to 9 pixels."""
    height, width = light.shape
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    for _ in range(2):
        turn, period = rng.uniform(0, np.pi), rng.uniform(2.1, 9)
        wave = np.sin(2 * np.pi * (columns * np.cos(turn) + rows * np.sin(turn)) / period)
        light = light * (1 + rng.uniform(0.1, 0.5) * wave)
    return np.asarray(light, dtype=np.float32)


def _grain(rng: np.random.Generator, light: Light, middle: NDArray[np.float64]) -> Light:
    return np.asarray(light + rng.normal(0, rng.uniform(10, 60), light.shape), dtype=np.float32)


def _packed(rng: np.random.Generator, light: Light, middle: NDArray[np.float64]) -> Light:
    """A cheap camera's MJPG: blocks and rings."""
    grey = np.clip(cv2.GaussianBlur(light, (0, 0), rng.uniform(0.5, 1.5)), 0, 255).astype(np.uint8)
    packed = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(6, 40))])[1]
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE), dtype=np.float32)


def _broken(rng: np.random.Generator, light: Light, middle: NDArray[np.float64]) -> Light:
    """A cracked glass: thin dark and bright lines from one point."""
    height, width = light.shape
    light = light.copy()
    start = tuple(int(one) for one in middle + rng.normal(0, 0.06, 2) * width)
    for _ in range(int(rng.integers(3, 14))):
        end = (int(rng.uniform(0, width)), int(rng.uniform(0, height)))
        cv2.line(light, start, end, float(rng.choice([10, 250])), int(rng.integers(1, 5)), cv2.LINE_AA)
    return np.asarray(light, dtype=np.float32)


KINDS: dict[str, Worsen] = {
    "plain": _nothing,
    "turned": _nothing,
    "blur": _blur,
    "shake": _shake,
    "dim": _dim,
    "glare": _glare,
    "shadow": _shadow,
    "small": _nothing,
    "tilted": _nothing,
    "dark mode": _nothing,
    "moire": _moire,
    "grain": _grain,
    "packed": _packed,
    "cracked": _broken,
}
