"""Design section 12, "idle camera": what a 720p camera costs while nobody is there, against the bare decode of its pictures.

.venv/bin/python bench/camera.py [--json] [--seconds N] [--pictures N]

An empty counter with a sensor's noise, as JPEG (4:2:2), is drawn from one seed. A real Camera reads it over HTTP from a server in a
process of its own, 15 pictures a second, threads and event loop included, after nobody was there for a while. Then every picture is
looked at as the driver does, without thread and pace, in turns with unpacking the same pictures to grey and nothing else.
"""

import argparse
import asyncio
import contextlib
import http.server
import itertools
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import ground
from bench.ground import ROOT, Figure, median
from drivers.scanners.camera.gate import IDLE_AFTER_S
from drivers.scanners.camera.packet import Packet
from drivers.scanners.camera.scanner import Camera, CameraOptions
from drivers.scanners.camera.watch import Watch
from drivers.scanners.sightings import Sightings

WIDTH, HEIGHT, FPS = 1280, 720, 15
PICTURES = 60
SIGMA = 5.0  # of the noise, in grey levels: a webcam's in a shop's light
ROUNDS = 5
SECONDS = 20.0
SETTLED = 45  # pictures that are passed over: what is new is decoded for a while
RATIO_MAX = 1.2
SHARE_MAX = 5.0  # percent of a core


def drawn(count: int) -> list[bytes]:
    """Pictures of the same counter, no two alike."""
    chance = np.random.default_rng(2026)
    rough = cv2.GaussianBlur(chance.integers(30, 230, (HEIGHT // 8, WIDTH // 8)).astype(np.float64), (0, 0), 3)
    counter = cv2.cvtColor(cv2.resize(rough, (WIDTH, HEIGHT)).astype(np.float32), cv2.COLOR_GRAY2BGR)
    how = [cv2.IMWRITE_JPEG_QUALITY, 80, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422]
    noisy = (np.clip(counter + chance.normal(0, SIGMA, counter.shape), 0, 255).astype(np.uint8) for _ in range(count))
    return [cv2.imencode(".jpg", one, how)[1].tobytes() for one in noisy]


def decode(pictures: list[bytes]) -> None:
    """The peer: unpack to grey, nothing else."""
    for one in pictures:
        assert cv2.imdecode(np.frombuffer(one, np.uint8), cv2.IMREAD_GRAYSCALE) is not None


def look(pictures: list[bytes], watch: Watch) -> None:
    """What the driver does with each picture."""
    for one in pictures:
        packet = Packet(one, at_s=next(clock) / FPS)
        assert packet.cells is not None
        assert not watch.at(packet)


clock = itertools.count()


def each_looked_at(pictures: list[bytes]) -> tuple[float, float]:
    """CPU milliseconds a picture: looked at, and bare; medians of rounds in turns."""
    watch = Watch("bench", frozen_s=5, sightings=Sightings(3))
    look((pictures * 2)[:SETTLED], watch)
    took: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for times, begin in zip(took, (lambda: look(pictures, watch), lambda: decode(pictures)), strict=True):
            started_s = time.thread_time()
            begin()
            times.append((time.thread_time() - started_s) / len(pictures) * 1e3)
    return median(took[0]), median(took[1])


async def idle_share(port: int, seconds: float) -> float:
    """CPU seconds a second of this process while its camera sees nobody."""
    camera = Camera("bench", CameraOptions(f"http://127.0.0.1:{port}/"))
    async with contextlib.aclosing(camera.scans()) as scans:
        waiting = asyncio.ensure_future(anext(scans))
        await asyncio.sleep(IDLE_AFTER_S + 3)
        began_s, cpu_s = time.monotonic(), time.process_time()
        await asyncio.sleep(seconds)
        share = (time.process_time() - cpu_s) / (time.monotonic() - began_s)
        assert not waiting.done()
        assert camera.lag_s() < 1
        waiting.cancel()
        await asyncio.wait({waiting})
    return share


def serve(count: int) -> None:
    """A camera's web server with so many pictures; says its port, and ends with whoever started it."""
    pictures = drawn(count)

    class Sends(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
            self.end_headers()
            due_s = time.monotonic()
            with contextlib.suppress(OSError):
                for one in itertools.cycle(pictures):
                    self.wfile.write(b"--frame\r\nContent-Length: %d\r\n\r\n%s\r\n" % (len(one), one))
                    due_s += 1 / FPS
                    time.sleep(max(0.0, due_s - time.monotonic()))

        def log_message(self, *_: object) -> None:
            """In silence."""

    server = http.server.HTTPServer(("127.0.0.1", 0), Sends)
    print(server.server_port, flush=True)
    server.handle_request()


def main() -> None:
    """Run all of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="how long the camera is watched")
    parser.add_argument("--pictures", type=int, default=PICTURES, help="how many are drawn and looked at")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        return serve(given.pictures)
    command = [sys.executable, __file__, "--serve", "--pictures", str(given.pictures)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as server:
        assert server.stdout
        share = asyncio.run(idle_share(int(server.stdout.readline()), given.seconds))
        server.kill()
    looked_ms, bare_ms = each_looked_at(drawn(given.pictures))
    bare = bare_ms * FPS / 1e3
    figures = [
        Figure("idle, every picture looked at / bare decode", looked_ms / bare_ms, RATIO_MAX),
        Figure("idle, over HTTP at its own pace / bare decode", share / bare, RATIO_MAX),
        Figure("idle, over HTTP at its own pace: percent of a core", share * 100, SHARE_MAX),
        Figure(f"bare decode of {FPS} pictures a second: percent of a core", bare * 100),
        Figure("bare decode: CPU ms a picture", bare_ms),
    ]
    return ground.show(figures, as_json=given.json)


if __name__ == "__main__":
    main()
