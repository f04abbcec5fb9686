"""A real Debian boots with posd installed by docs/install.md: the units keep what they promise under a real systemd."""

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.machine import Machine, make, missing

pytestmark = [pytest.mark.system, pytest.mark.skipif(bool(missing()), reason=missing())]

FIRST_NAME = "חבר"
STOP_S_MAX = 5.0  # what issue and unit promise
BACK_S_MAX = 30.0
WATCHDOG_S_MAX = 90.0  # 30 s without a sign of life, 8 s to die, a start; twice
ANSWERS = "posd status --json"
SETTINGS = """\
printing = "posd"
[[scanners]]
driver = "camera"
path = "/var/lib/posd/pictures"
follow = true
[printer]
driver = "folder"
folder = "/var/lib/posd/receipts"
"""
PAGE = """
import http.client, pathlib, sys
page = http.client.HTTPConnection("127.0.0.1", 8480)
token = pathlib.Path("/var/lib/posd/cli.token").read_text()
page.request("GET", "/v1/events", headers={"Authorization": f"Bearer {token}"})
for line in page.getresponse():
    print(line.decode(), end="", flush=True)
"""


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    """A terminal and head office on one machine: enrolled, with a program and a member whose code lies ready as a picture."""
    with tempfile.TemporaryDirectory(prefix="posd-machine-", dir="/var/tmp") as name:
        folder = Path(name, "debian")
        make(folder)
        (folder / "etc/posd/posd.toml").write_text(SETTINGS)
        (folder / "root/page.py").write_text(PAGE)
        with Machine(folder) as machine:
            machine.until(ANSWERS, BACK_S_MAX)
            machine.sh("install -d -o posd -g posd -m 700 /var/lib/posd/pictures")
            machine.sh("office program publish /opt/posd/share/posd/config/programs/cafe.toml")
            code = machine.json("office terminal enrol --store 'Allenby 12' --terminal 'Till 1' --json")["code"]
            machine.sh(f"posd enrol {code}")
            machine.sh(f"office member add --first-name {FIRST_NAME}")
            machine.until(f"{ANSWERS} | grep -q cafe", BACK_S_MAX)
            yield machine


@pytest.fixture
def page(machine: Machine) -> Iterator[Path]:
    """A page that is open and listens; the file holds what it hears."""
    heard = machine.folder.parent / "page.txt"
    inside = ["nsenter", "--target", machine.leader, "--mount", "--net", "--pid", "/opt/posd/bin/python", "/root/page.py"]
    with heard.open("w") as file:
        listener = subprocess.Popen(inside, stdout=file, stderr=subprocess.DEVNULL)
    try:
        wait_for(heard, "event: link")
        yield heard
    finally:
        listener.kill()
        listener.wait()


def wait_for(heard: Path, text: str) -> str:
    """What a page heard, once `text` is in it."""
    end = time.monotonic() + BACK_S_MAX
    while text not in heard.read_text():
        assert time.monotonic() < end, f"{text!r} was not heard: {heard.read_text()}"
        time.sleep(0.05)
    return heard.read_text()


def sell(machine: Machine, receipt: int, code: str = "") -> str:
    """Book a sale; its id."""
    member = f"--code '{code}'" if code else ""
    booked = machine.json(f"posd sell --line coffee=18.00 --receipt {receipt} {member} --json")
    return str(booked["id"])


def at_head_office(machine: Machine) -> list[str]:
    """The ids of all sales that head office holds."""
    return [one["id"] for one in machine.json("office record list --last 1000 --json") if one["kind"] == "sale"]


def test_both_run_as_users_of_their_own(machine: Machine):
    """Neither is root, and nobody else may look into their folders."""
    for unit, user in (("posd", "posd"), ("posd-central", "posd-central")):
        assert machine.shown(unit, "ActiveState") == "active"
        assert machine.sh(f"stat -c %U /proc/{machine.shown(unit, 'MainPID')}") == user
        assert machine.sh(f"stat -c '%U %a' /var/lib/{user}") == f"{user} 700"
        assert machine.sh(f"cat /proc/{machine.shown(unit, 'MainPID')}/status | grep CapEff").split()[1].strip("0") == ""
    assert "head office online" in machine.shown("posd", "StatusText")


def test_the_sandbox_lets_the_whole_line_work(machine: Machine, page: Path):
    """Inside the hardened units a picture is read, a sale booked, a Hebrew receipt printed, and head office told."""
    machine.sh("runuser -u posd-central -- mkdir -p /tmp/cards && chmod 755 /tmp/cards")
    code = machine.json("office member code --last --png /tmp/cards/code.png --json")["code"]
    machine.until("posd quote --line coffee=18.00 --code '" + code + "' --json", BACK_S_MAX)
    machine.sh("install -o posd -m 600 /tmp/cards/code.png /var/lib/posd/pictures/code.png")
    heard = wait_for(page, "event: scan")
    assert json.loads(heard.split("event: scan")[1].split("data:")[1].splitlines()[0])["member"]["first_name"] == FIRST_NAME
    sold = sell(machine, 1001, code)
    machine.until("ls /var/lib/posd/receipts/*.png", BACK_S_MAX)
    assert FIRST_NAME in machine.sh("cat /var/lib/posd/receipts/*.txt")
    machine.until(f"{ANSWERS} | grep -q '\"queued_records\": 0'", BACK_S_MAX)
    assert at_head_office(machine).count(sold) == 1


def test_the_journal_is_json_without_members(machine: Machine):
    """Every line that posd itself wrote is JSON, and none names a member, a handle or a code."""
    machine.sh("systemctl restart posd")
    machine.until(ANSWERS, BACK_S_MAX)
    member = machine.json("office member code --last --json")
    sell(machine, 1101, member["code"])
    machine.sh("posd quote --line coffee=18.00 --code PL1:FORGED --json", check=False)
    for unit in ("posd", "posd-central"):
        written = machine.sh(f"journalctl -o cat --no-pager _SYSTEMD_UNIT={unit}.service").splitlines()
        told = [line for line in written if not line.startswith("head office: http")]
        assert all("event" in json.loads(line) for line in told)
        for secret in (FIRST_NAME, member["handle"], member["code"], "FORGED"):
            assert not any(secret in line for line in written)
    assert "ready" in machine.sh("journalctl -o cat --no-pager _SYSTEMD_UNIT=posd.service")


def test_it_stops_in_time_with_a_page_open(machine: Machine, page: Path):
    """`systemctl stop` returns within the promise, and systemd did not have to kill it."""
    started = time.monotonic()
    machine.sh("systemctl stop posd")
    took_s = time.monotonic() - started
    assert machine.shown("posd", "Result") == "success"
    machine.sh("systemctl start posd")
    print(f"stopped in {took_s:.2f} s")
    assert took_s < STOP_S_MAX


def test_killed_it_comes_back_with_every_sale(machine: Machine):
    """SIGKILL right after a sale: systemd starts it again, and head office gets the sale once."""
    machine.until(ANSWERS, BACK_S_MAX)
    before = machine.shown("posd", "MainPID")
    sold = sell(machine, 1201)
    machine.sh(f"kill -KILL {before}")
    took_s = machine.until(f"test $(systemctl show --property=MainPID --value posd) != {before} && {ANSWERS}", BACK_S_MAX)
    print(f"back after SIGKILL in {took_s:.2f} s")
    machine.until(f"{ANSWERS} | grep -q '\"queued_records\": 0'", BACK_S_MAX)
    assert at_head_office(machine).count(sold) == 1


def test_a_hung_daemon_is_replaced(machine: Machine):
    """SIGSTOP: the watchdog is fed no more, systemd puts a new one in its place and says why in the journal."""
    before = machine.shown("posd", "MainPID")
    machine.sh(f"kill -STOP {before}")
    took_s = machine.until(f"test $(systemctl show --property=MainPID --value posd) != {before} && {ANSWERS}", WATCHDOG_S_MAX)
    print(f"back after a hang in {took_s:.0f} s")
    assert "Watchdog timeout" in machine.sh("journalctl --no-pager -u posd")


def test_a_mistake_in_the_settings_stays_down_and_says_so(machine: Machine):
    """It is not started again and again; the journal names file and line; mended, it starts."""
    machine.sh("cp /etc/posd/posd.toml /root/good.toml && echo 'colour = 1' | cat - /root/good.toml > /etc/posd/posd.toml")
    machine.sh("systemctl restart posd", check=False)
    time.sleep(5)  # longer than RestartSec
    assert machine.shown("posd", "ActiveState") == "failed"
    assert machine.shown("posd", "ExecMainStatus") == str(os.EX_CONFIG)
    assert machine.shown("posd", "NRestarts") == "0"
    assert "/etc/posd/posd.toml:1: colour: there is no such key" in machine.sh("journalctl --no-pager -u posd -n 20")
    machine.sh("cp /root/good.toml /etc/posd/posd.toml && systemctl start posd")
    machine.until(ANSWERS, BACK_S_MAX)


def test_udev_takes_the_rules(machine: Machine):
    """No line of the rules file is refused."""
    told = machine.sh("udevadm test /sys/class/mem/null 2>&1", check=False)
    assert "99-posd.rules" in told
    assert not [line for line in told.splitlines() if "99-posd.rules:" in line]
