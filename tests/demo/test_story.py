"""The main job, as `make demo` runs it."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STORY_S = 600  # ten times the minute that is promised


def test_the_demo_ends_well_and_the_books_agree(tmp_path: Path) -> None:
    """A day with an outage and a SIGKILL ends with every transaction at head office once and the same balance at both ends."""
    command = [sys.executable, "-m", "demo", "--folder", str(tmp_path / "day")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=STORY_S, cwd=ROOT, check=False)
    closing = json.loads(done.stdout.splitlines()[-1])
    assert (done.returncode, closing["ok"]) == (0, True), done.stdout + done.stderr
    assert (closing["sales"], closing["returns"]) == (4, 1)
    assert closing["balance_terminal"] == closing["balance_head_office"] > 0
    assert Path(closing["receipt_png"]).read_bytes().startswith(b"\x89PNG")
    assert {"scan_to_member", "quote", "agree", "commit", "printed", "back_and_synced"} <= set(closing["stages_ms"])
