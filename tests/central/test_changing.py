"""Changing codes at head office: whom the secret reaches, and one use of a step in all shops."""

import json
import stat

import numpy as np
import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric import ec

from central import changing, code_keys, members, qr
from central.cli import group, showing
from central.clock import now_ms
from central.store import members as rows
from drivers.scanners.decode.reader import read_frame
from loyalty.code import STEP_S, Claims, identify, steps_of
from runtime.errors import Rejected
from sync import codes, rotating, wire
from tests.central.test_leases import earns, terminal_in, told
from tests.samples import HANDLE

PHONE = ec.derive_private_key(7, ec.SECP256R1())
KEY = rotating.phone_key(PHONE)


def step(ago_s=0):
    """The step that is shown now, or was so long ago."""
    return (now_ms() // 1000 - ago_s) // STEP_S


def asks(number, of_step, pieces=100):
    """A hold with a code of that step."""
    return wire.HoldRequest(f"{number:032x}", HANDLE, "points", pieces, step=of_step)


@pytest.fixture
async def pair(office):
    """Two stores' terminals; the member has 1,000 points, of which 200 are leased to the first."""
    here, there = await terminal_in(office), await terminal_in(office, "Dizengoff 50")
    await earns(office, here, 1000)
    return here, there


async def secret_of(office, handle=HANDLE):
    """The member's secret, in hex."""

    def look(db):
        return changing.secret_of(db, rows.by_handle(db, handle)).hex()

    return await office.store.run(look)


async def test_a_secret_reaches_the_leases_terminal_and_no_other(office, pair):
    """Made after the lease was granted it comes with the next page; it is the same for ever."""
    here, there = pair
    (lease,), _ = await told(office, here)
    assert lease.secret == ""
    secret = await secret_of(office)
    assert (len(secret), await secret_of(office)) == (40, secret)
    (lease,), _ = await told(office, here)
    assert (lease.secret, secret in repr(lease)) == (secret, False)
    assert await told(office, there) == ([], {HANDLE: 1000})
    page = wire.encode(await office.feed(there))
    assert secret.encode() not in page


async def test_a_lease_that_is_wanted_back_tells_no_secret(office, pair):
    """Its terminal may spend no more from it."""
    here, there = pair
    await secret_of(office)
    await office.hold(there, asks(1, 0, 900))
    (lease,), _ = await told(office, here)
    assert (lease.recalled, lease.secret) == (True, "")


async def test_a_new_card_has_a_new_secret(office, pair):
    """The old phone's digits are of no use with the new code, and the lease's terminal hears of it."""
    here, _ = pair
    old = await secret_of(office)
    await office.store.run(members.new_card, HANDLE)
    (lease,), _ = await told(office, here)
    assert lease.secret == ""
    new = await secret_of(office)
    (lease,), _ = await told(office, here)
    assert lease.secret == new != old


async def test_a_step_spends_at_one_terminal(office, pair):
    """A photo that is shown in another shop a moment later is refused before payment; the next step is good there."""
    here, there = pair
    now = step()
    assert (await office.hold(here, asks(1, now))).granted
    assert (await office.hold(there, asks(2, now))).refusal.code == "code_used"
    assert (await office.hold(there, asks(3, now - 1))).refusal.code == "code_used"
    assert (await office.hold(there, asks(4, now + 1))).granted
    assert (await office.hold(here, asks(5, now))).refusal.code == "code_used"


async def test_at_its_own_terminal_a_step_may_reserve_again(office, pair):
    """Several units of one basket, or a basket that was cancelled: its own terminal sees to it that a step is used once."""
    here, _ = pair
    now = step()
    for number in range(1, 4):
        assert (await office.hold(here, asks(number, now))).granted


async def test_the_same_hold_gets_the_same_answer(office, pair):
    """However often it is asked, whoever has spent since."""
    here, there = pair
    now = step()
    await office.hold(here, asks(1, now))
    await office.hold(there, asks(2, now + 1))
    assert (await office.hold(here, asks(1, now))).granted
    refused = await office.hold(here, asks(3, now))
    assert refused == await office.hold(here, asks(3, now))


async def test_what_was_refused_has_used_nothing(office, pair):
    """Too few points at the first shop: the second may spend by the same scan."""
    here, there = pair
    now = step()
    assert not (await office.hold(here, asks(1, now, 5000))).granted
    assert (await office.hold(there, asks(2, now))).granted


async def test_a_terminal_with_a_wrong_clock_uses_up_nobodys_codes(office, pair):
    """A step of next year, or of an hour ago, is not counted, and the hold is as one of a printed code."""
    here, there = pair
    for number, odd in enumerate((0, step(3600), step() + 1_000_000), 1):
        assert (await office.hold(here, asks(number, odd))).granted
    assert (await office.hold(there, asks(9, step()))).granted
    assert (await office.hold(here, asks(10, step(10 * 60)))).refusal.code == "code_used"


@pytest.mark.parametrize("key", ["", "xyz", "02" + "ff" * 32, KEY[2:], "04" + "11" * 64, KEY + "00"])
async def test_a_key_that_no_phone_has_is_not_certified(office, pair, tmp_path, key):
    """Only a compressed point of P-256."""
    member = await office.store.read(lambda db: rows.by_handle(db, HANDLE))
    with pytest.raises(Rejected, match="no phone's public key"):
        changing.phone_card(member, code_keys.load(tmp_path), key, now_ms() // 1000)


@pytest.fixture
def ask(tmp_path):
    """A command of head office on a database of its own; the JSON that it answers."""
    config = tmp_path / "central.toml"
    config.write_text(f'state_dir = "{tmp_path / "state"}"\n')

    def run(*words, as_json=True):
        ran = CliRunner().invoke(group, [*words, "--config", str(config), *(["--json"] if as_json else [])])
        assert ran.exit_code == 0, ran.output
        return json.loads(ran.stdout) if as_json else ran.stdout

    run("member", "add", "--first-name", "Alef")
    return run


def scanned(tmp_path, text):
    """As a terminal that has head office's public key takes it."""
    signer = code_keys.load(tmp_path / "state")
    verify = codes.verifier({signer.key_id: bytes.fromhex(signer.public_key)})
    return identify(text, lambda one: codes.read(one, verify), (), now_ms() // 1000)


def test_the_command_shows_what_a_wallet_would(ask, tmp_path):
    """The digits are of the member's secret and of now; the pass's object makes the same, and only its owner may read it."""
    pass_file = tmp_path / "pass.json"
    told = ask("member", "code", "--last", "--rotating", "--wallet", str(pass_file))
    made = json.loads(pass_file.read_text())
    secret = bytes.fromhex(made["totpDetails"]["parameters"][0]["key"])
    assert rotating.step_of(scanned(tmp_path, told["code"]), secret, now_ms() // 1000) in steps_of(now_ms() // 1000)
    assert (1 <= told["changes_in_s"] <= STEP_S, stat.S_IMODE(pass_file.stat().st_mode)) == (True, 0o600)
    again = ask("member", "code", "--last", "--rotating", "--once", as_json=False).strip()
    assert rotating.step_of(scanned(tmp_path, again), secret, now_ms() // 1000)


def test_the_command_shows_what_an_app_would(ask, tmp_path):
    """A phone's key made for the trial, and the text that a real app with its own key builds on."""
    told = ask("member", "code", "--last", "--phone-key", "--png", str(tmp_path / "code.png"))
    assert rotating.step_of(scanned(tmp_path, told["code"]), None, now_ms() // 1000)
    assert (tmp_path / "code.png").read_bytes().startswith(b"\x89PNG")
    text = ask("member", "code", "--last", "--for-phone", KEY)["code"]
    shown = rotating.with_phone(text, rotating.phone_signer(PHONE), step())
    assert rotating.step_of(scanned(tmp_path, shown), None, now_ms() // 1000)


def test_a_printed_code_is_as_before(ask, tmp_path):
    """Without a word about changing there is no changing part, and no secret is made."""
    told = ask("member", "code", "--last")
    assert (scanned(tmp_path, told["code"]).changing, "changes_in_s" in told) == ("", False)


@pytest.mark.parametrize("dark", [True, False], ids=["dark window", "light window"])
@pytest.mark.parametrize("kind", ["wallet", "phone"])
def test_what_is_drawn_can_be_scanned(kind, dark):
    """Half blocks, as a window shows them in light on dark or dark on light, read by the terminal's own decoder."""
    signed = codes.make(Claims("00" * 10, 0, 100_000, 200_000, KEY), "0a0b0c0d", lambda _: bytes(64))
    by_phone = rotating.with_phone(signed, rotating.phone_signer(PHONE), 7)
    text = by_phone if kind == "phone" else rotating.with_totp(signed, bytes(20), 7)
    rows_lit = {" ": (0, 0), "█": (255, 255), "▀": (255, 0), "▄": (0, 255)}
    drawn = [[rows_lit[letter] for letter in line] for line in qr.blocks(text).splitlines()]
    pixels = np.array([[cell[half] for cell in line] for line in drawn for half in (0, 1)], np.uint8)
    shown = np.kron(pixels if dark else 255 - pixels, np.ones((6, 6), np.uint8))
    assert [one.text for one in read_frame(shown).readings] == [text]


def test_it_is_drawn_anew_when_it_changes(monkeypatch, capsys):
    """A picture for each half minute, the seconds counted down; Ctrl-C ends it without a trace of trouble."""
    clock = iter([59.0, 59.5, 60.2, 61.0])

    def at():
        try:
            return next(clock)
        except StopIteration:
            raise KeyboardInterrupt from None

    monkeypatch.setattr(showing.time, "time", at)
    monkeypatch.setattr(showing.threading.Event, "wait", lambda self, seconds: False)
    showing.show(lambda number: f"PL1:{number}")
    told = capsys.readouterr().out
    assert [told.count(text) for text in ("PL1:1", "PL1:2", "changes in  1 s", "changes in 30 s")] == [1, 1, 2, 1]
    assert "█" in told
