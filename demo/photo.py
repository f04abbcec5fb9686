"""Photo-like pictures of a code, for the demo and the tests: a phone or a card that lies on a counter, as a camera sees it.

Everything is drawn, from a seed: the same seed gives the same bytes.
"""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""Rows x columns x 3 (blue, green, red), uint8."""
Plane = NDArray[np.float32]
"""Rows x columns (x 3) of light, 0 to 255."""

WIDTH_PX, HEIGHT_PX = 1280, 720
CODE_PX = 340  # a member's code (version 7, 53 modules with its margin) has 6 pixels a module, as a phone at 25 cm has


def photograph(code_png: bytes, seed: int) -> Picture:
    """Draw the code of a PNG file as a photo of 1280 x 720 pixels. Raises ValueError if `code_png` is not a picture."""
    code = cv2.imdecode(np.frombuffer(code_png, np.uint8), cv2.IMREAD_GRAYSCALE) if code_png else None
    if code is None:
        raise ValueError("code_png is not a picture")
    rng = np.random.default_rng(seed)
    held = _phone(code) if seed % 2 == 0 else _card(code)
    scene = _lay(_counter(rng), held, rng)
    seen = _lens(scene * _light(rng)[..., None], rng)
    return _sensor(seen, rng)


def save(picture: Picture, path: Path) -> None:
    """Write `picture` to `path`, in the kind that its suffix says. Raises OSError if it cannot be written."""
    made, data = cv2.imencode(path.suffix, picture)
    assert made
    path.write_bytes(data.tobytes())


def _square(code: NDArray[np.generic]) -> Plane:
    side = cv2.resize(np.asarray(code), (CODE_PX, CODE_PX), interpolation=cv2.INTER_AREA)
    return np.repeat(side[..., None], 3, axis=2).astype(np.float32)


def _phone(code: NDArray[np.generic]) -> Plane:
    """A black phone with a screen in pale blue, which glows less than white paper shines."""
    phone = np.full((660, 420, 3), (28, 26, 25), np.float32)
    phone[30:630, 18:402] = (250, 244, 236)
    phone[30:86, 18:402] = (150, 96, 40)
    phone[520:534, 90:330] = phone[552:562, 130:290] = (190, 180, 170)
    phone[130 : 130 + CODE_PX, 40 : 40 + CODE_PX] = _square(code)
    return phone * np.float32(0.92)


def _card(code: NDArray[np.generic]) -> Plane:
    """A printed card with a colored edge."""
    card = np.full((420, 640, 3), (232, 240, 244), np.float32)
    card[:, :46] = (60, 52, 160)
    card[60:84, 430:600] = card[110:122, 430:570] = (120, 110, 100)
    card[40 : 40 + CODE_PX, 70 : 70 + CODE_PX] = _square(code)
    return card * np.float32(0.96)


def _counter(rng: np.random.Generator) -> Plane:
    """A wooden counter: grain along the length, blotches, and a color that is never quite even."""
    grain, blotches = (
        cv2.resize(rng.normal(0, 1, cells).astype(np.float32), (WIDTH_PX, HEIGHT_PX), interpolation=cv2.INTER_CUBIC)
        for cells in ((HEIGHT_PX, WIDTH_PX // 40), (6, 10))
    )
    shade = (14 * grain + 18 * blotches)[..., None]
    return np.asarray(np.array([88, 122, 158], np.float32) + shade, dtype=np.float32)


def _lay(counter: Plane, held: Plane, rng: np.random.Generator) -> Plane:
    """Put `held` on the counter, turned and seen at a slant, with its shadow."""
    height, width = held.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    angle = rng.uniform(-0.45, 0.45)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]], np.float32)
    placed = (corners - corners.mean(axis=0)) @ turn.T
    far = 1 - rng.uniform(0.04, 0.16) * (placed[:, 1:] < 0)  # what is farther from the camera is smaller
    scale = min(1.0, (HEIGHT_PX - 20) / np.ptp(placed[:, 1]))
    center = np.array([WIDTH_PX / 2 + rng.uniform(-180, 180), HEIGHT_PX / 2], np.float32)
    target = (placed * far * scale + center).astype(np.float32)
    mapping = cv2.getPerspectiveTransform(corners, target)
    size = (WIDTH_PX, HEIGHT_PX)
    drawn = cv2.warpPerspective(held, mapping, size, flags=cv2.INTER_LINEAR)
    mask = cv2.warpPerspective(np.ones((height, width), np.float32), mapping, size)[..., None]
    shadow = cv2.GaussianBlur(np.roll(mask[..., 0], (10, 14), axis=(0, 1)), (0, 0), 12)[..., None]
    return np.asarray(counter * (1 - 0.45 * shadow) * (1 - mask) + drawn * mask, dtype=np.float32)


def _light(rng: np.random.Generator) -> Plane:
    """Uneven light from one side, darker corners."""
    rows, columns = np.mgrid[0 : 1 : HEIGHT_PX * 1j, 0 : 1 : WIDTH_PX * 1j].astype(np.float32)
    side = rng.uniform(0, 2 * np.pi)
    slope = 0.28 * ((columns - 0.5) * np.cos(side) + (rows - 0.5) * np.sin(side))
    corners = 0.35 * ((columns - 0.5) ** 2 + (rows - 0.5) ** 2)
    return np.asarray(rng.uniform(0.72, 0.95) + slope - corners, dtype=np.float32)


def _lens(scene: Plane, rng: np.random.Generator) -> Plane:
    """A focus that is a little off, and a hand that is not quite still."""
    soft = cv2.GaussianBlur(scene, (0, 0), rng.uniform(0.9, 1.5))
    moved = np.zeros((5, 5), np.float32)
    steps = int(rng.integers(1, 4))
    moved[2, 2 - steps // 2 : 2 - steps // 2 + steps] = 1 / steps
    return np.asarray(cv2.filter2D(soft, -1, moved), dtype=np.float32)


def _sensor(seen: Plane, rng: np.random.Generator) -> Picture:
    """Noise that grows with the light (shot) on noise that is always there (read), then JPEG as cameras save it."""
    lit = np.clip(seen, 0, 255)
    noisy = lit + rng.normal(0, 1, lit.shape) * np.sqrt(6 + 0.12 * lit)
    made, jpeg = cv2.imencode(".jpg", np.clip(noisy, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 72])
    assert made
    return np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), dtype=np.uint8)
