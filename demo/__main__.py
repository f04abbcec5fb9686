"""`make demo` tells the story and ends; `make run` leaves the same shop up for the browser."""

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from demo.shop import Failed
from demo.story import Story, say

PASSWORD = "demo-only-1948"  # of the shop that make run leaves up on this machine's loopback, gone with its folder


def main() -> int:
    """0 when everything was there, once, and agreed."""
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("--stay", action="store_true", help="leave the shop up until Ctrl-C")
    parser.add_argument("--folder", type=Path, help="an empty folder to keep everything in (default: a temporary one)")
    given = parser.parse_args()
    folder = given.folder or Path(tempfile.mkdtemp(prefix="posd-demo-"))
    folder.mkdir(parents=True, exist_ok=True)
    story = Story(folder)
    try:
        closing = story.tell()
        say(f"Everything is in {folder}: member-code.png, photo.png, printed/*.png, shop/*.log")
        if given.stay:
            stay(story)
    except KeyboardInterrupt:
        closing = {"ok": False, "error": "interrupted", "folder": str(folder)}
    except (Failed, subprocess.TimeoutExpired) as error:
        print(f"\nThe demo failed: {error}", file=sys.stderr)
        closing = {"ok": False, "error": str(error), "folder": str(folder)}
    finally:
        story.shop.close()
    print(json.dumps(closing, ensure_ascii=False))
    return 0 if closing["ok"] else 1


def stay(story: Story) -> None:
    """Until Ctrl-C."""
    story.shop.sign_in()
    story.shop.run_office("user", "add", "demo", "--password-stdin", stdin=PASSWORD)
    print(f"\nThe cashier's page:  {story.shop.page}")
    print(f"Head office:         http://127.0.0.1:{story.shop.office_port}/   (user demo, password {PASSWORD})")
    print(f"A member's code:     {story.member['code']}")
    print(f"The camera's folder: {story.shop.pictures}   (copy {story.folder / 'photo.png'} there under a new name)")
    print("Ctrl-C ends it.", flush=True)
    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())
    done.wait()


if __name__ == "__main__":
    sys.exit(main())
