"""Which pictures are worth decoding, and when a camera sees nothing."""

import numpy as np
import pytest

from drivers.scanners.camera.gate import BLIND_AFTER_S, CHANGE_MIN_NOISY, IDLE_AFTER_S, SETTLE_S, Gate, Lens
from drivers.scanners.camera.packet import cells_of
from drivers.scanners.decode.frame import Frame
from tests.drivers.scanners.pictures import qr

FPS = 15


def on_counter(code: Frame | None, noise: np.random.Generator, sigma: float = 5.0, level: float = 120.0) -> Frame:
    """The squares of a 640x480 picture of a counter, with a code on it, and the noise of a sensor."""
    scene = np.full((480, 640), level)
    if code is not None:
        scene[100 : 100 + code.shape[0], 200 : 200 + code.shape[1]] = code
    return cells_of(np.clip(scene + noise.normal(0, sigma, scene.shape), 0, 255).astype(np.uint8))


def test_the_gate_stops_noise_and_passes_change() -> None:
    """Sensor noise does not open the gate; a code, another code of the same size, a small code and another size do."""
    noise = np.random.default_rng(2)
    gate = Gate()
    assert gate.changed(on_counter(None, noise), 0)
    assert not any(gate.changed(on_counter(None, noise), 0) for _ in range(50))
    for code in (qr("PL1:AAAA", 4), qr("PL1:AAAB", 4), qr("PL1:AAAB", 2), None):
        assert gate.changed(on_counter(code, noise), 0)
        assert not any(gate.changed(on_counter(code, noise), 0) for _ in range(5))
    assert gate.changed(cells_of(np.zeros((100, 100), np.uint8)), 0)
    assert gate.changed(cells_of(np.zeros((3, 3), np.uint8)), 0)


def test_the_gate_sees_a_slow_change() -> None:
    """Light that changes little by little opens the gate in the end: the last decoded frame counts, not the last one."""
    gate = Gate()
    opened = [gate.changed(np.full((60, 80), level, np.uint8), 0) for level in range(100, 130)]
    assert opened.count(True) == 3


def test_a_noisy_camera_is_learned_and_a_code_is_still_seen() -> None:
    """In a dim shop the noise alone opens the gate at first and not for ever; a code opens it all the same."""
    noise = np.random.default_rng(3)
    gate = Gate()
    opened = [gate.changed(on_counter(None, noise, sigma=40), 0) for _ in range(8 * FPS)]
    assert any(opened[:FPS])
    assert not any(opened[-2 * FPS :])
    assert gate.changed(on_counter(qr("PL1:AAAA", 4), noise, sigma=40), 0)


def test_movement_does_not_make_the_gate_deaf() -> None:
    """After a minute in which everything moves, a phone is as much of a change as before, and a calm moment forgets it all."""
    flicker = np.random.default_rng(4)
    gate = Gate()
    for _ in range(60 * FPS):
        gate.changed(flicker.integers(0, 255, (60, 80), np.uint8), 0)
    calm = np.full((60, 80), 100, np.uint8)
    assert gate.changed(calm, 0)
    phone = calm.copy()
    phone[10:20, 10:20] += CHANGE_MIN_NOISY
    assert gate.changed(phone, 0)
    assert not gate.changed(phone.copy(), 0)
    assert gate.changed(phone + np.uint8(10), 0)


def test_a_change_settles_and_then_nobody_is_there() -> None:
    """A change is fresh for SETTLE_S, and after IDLE_AFTER_S without one the gate is idle."""
    gate = Gate()
    cells = np.zeros((60, 80), np.uint8)
    assert gate.changed(cells, 100.0)
    assert gate.is_settling(100.0 + SETTLE_S / 2)
    assert not gate.is_settling(100.0 + SETTLE_S)
    assert not gate.changed(cells, 105.0)
    assert not gate.is_idle(100.0 + IDLE_AFTER_S)
    assert gate.is_idle(100.1 + IDLE_AFTER_S)
    assert gate.changed(cells + np.uint8(99), 111.0)
    assert not gate.is_idle(111.0)


BLIND = {"black": (2.0, 1.0), "a dark shop": (15.0, 8.0), "tape on the lens": (140.0, 5.0), "dazzled": (300.0, 5.0)}


@pytest.mark.parametrize("what", BLIND)
def test_a_camera_that_sees_nothing_is_noticed_once(what: str) -> None:
    """Dark, covered or dazzled for BLIND_AFTER_S is told once, and so is its end."""
    level, sigma = BLIND[what]
    noise = np.random.default_rng(5)
    lens = Lens()
    seeing = on_counter(qr("PL1:AAAA"), noise)
    assert not lens.look(seeing, 0.0)
    told = [at for at in range(1, 20) if lens.look(on_counter(None, noise, sigma, level), float(at))]
    assert told == [BLIND_AFTER_S]
    assert lens.is_blind
    assert lens.look(seeing, 20.0)
    assert not lens.is_blind


def test_a_hand_across_the_lens_is_no_blindness() -> None:
    """Darkness that comes and goes within seconds is not told; nor is a shop seen in poor light, nor a camera that starts dark."""
    noise = np.random.default_rng(6)
    dim = on_counter(qr("PL1:AAAA") // 3, noise, level=40.0)
    dark = np.zeros((60, 80), np.uint8)
    lens = Lens()
    assert not any(lens.look(dark if at % 4 else dim, float(at)) for at in range(100))
    lens = Lens()
    assert [at for at in range(10) if lens.look(dark, float(at))] == [BLIND_AFTER_S]
