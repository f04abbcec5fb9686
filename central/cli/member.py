"""`posd-central member ...`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from central.cli.common import answers, in_store, look_in_store, person, time_text, with_settings
from central.clock import now_ms
from central.settings import Settings
from central.store.engine import Connection
from central.store.members import MemberHere
from central.store.merges import Waiting
from loyalty.code import STEP_S
from runtime.errors import Misconfigured, Rejected

FOUND_MAX = 50


@click.group("member")
def command() -> None:
    """Members and their cards."""


@command.command("add")
@click.option("--first-name", default="", help="What the receipt greets them by.")
@click.option("--code", default="", help="The number of a plastic card: EAN-13.")
@click.option("--referred-by", default="", help="The handle of the member who brought them.")
@answers
@with_settings
def add_member(settings: Settings, first_name: str, code: str, referred_by: str) -> tuple[dict[str, Any], str]:
    """Make a member, and print the handle.

    \b
    Example:
      posd-central member add --first-name חבר --code 2900000000018
    """
    from central import members

    member = in_store(settings, members.add, first_name, code, now_ms(), referred_by)
    return _values(member), member.handle


@command.command("note")
@click.argument("handle")
@click.option("--segment", "segments", multiple=True, help="A segment the member is in; all of them, each with the option.")
@click.option("--occasion", "occasions", multiple=True, help="NAME=FIRST..LAST, both days included; it comes again every year.")
@answers
@with_settings
def note_member(
    settings: Settings, handle: str, segments: tuple[str, ...], occasions: tuple[str, ...]
) -> tuple[dict[str, Any], str]:
    """Say what is known of a member. Without a birth date: only the days around a birthday, as far as the program needs them.

    \b
    Example:
      posd-central member note 5ae1f0c2d4b6978812ab --occasion birthday=2026-11-20..2026-11-27
    """
    from central import members

    windows = {}
    for text in occasions:
        name, _, days = text.partition("=")
        first, _, last = days.partition("..")
        windows[name] = (first, last)
    member = in_store(settings, members.note, handle, segments or None, windows or None, now_ms())
    return _values(member), f"{member.handle}  {' '.join(member.segments)}  {dict(member.occasions)}"


@command.command("give")
@click.argument("handle")
@click.argument("unit")
@click.argument("pieces", type=int)
@click.option("--reason", required=True, help="Why, for the audit log.")
@answers
@with_settings
def give_member(settings: Settings, handle: str, unit: str, pieces: int, reason: str) -> tuple[dict[str, Any], str]:
    """Give a member pieces of a unit: a personal offer, a coupon, an apology.

    \b
    Example:
      posd-central member give 5ae1f0c2d4b6978812ab personal 1 --reason "for the long wait"
    """
    from central import members

    member = in_store(settings, members.give, handle, members.Gift(unit, pieces, person(), reason), now_ms())
    return _values(member), f"{member.handle}  {pieces} {unit}"


@command.command("find")
@click.argument("text")
@answers
@with_settings
def find_members(settings: Settings, text: str) -> tuple[list[dict[str, Any]], str]:
    """Members by the beginning of the first name, by handle, by card number, or by the telephone number that they gave.

    \b
    Example:
      posd-central member find חבר
    """
    from central import members, people

    def look(db: Connection) -> list[tuple[MemberHere, dict[str, int]]]:
        found = people.find(db, text, FOUND_MAX)
        balances = members.balances_of(db, found)
        return [(member, balances[member.id]) for member in found]

    found = look_in_store(settings, look)
    values = [{**_values(member), "balances": balances} for member, balances in found]
    return values, "\n".join(f"{m.handle}  {m.first_name}  {m.tier}  {balances}" for m, balances in found) or "nobody"


@command.command("code")
@click.argument("handle", required=False)
@click.option("--last", is_flag=True, help="The member made last.")
@click.option("--png", type=click.Path(path_type=Path), help="Write the QR code here.")
@click.option("--svg", type=click.Path(path_type=Path), help="Write the QR code here.")
@click.option("--years", type=click.IntRange(1, 50), default=5, show_default=True, help="How long it is valid.")
@click.option("--rotating", is_flag=True, help="As a wallet shows it: its last part changes every half minute.")
@click.option("--phone-key", is_flag=True, help="As an app shows it: a key is made, as in a phone, and signs the last part.")
@click.option("--for-phone", metavar="KEY", help="What an app builds on: its public key, a P-256 point in hex, compressed.")
@click.option("--wallet", type=click.Path(path_type=Path), help="Write what a pass of Google's wallet needs here: a secret.")
@click.option("--once", is_flag=True, help="Print the changing code of now, and do not show it.")
@answers
@with_settings
def member_code(
    settings: Settings, /, handle: str | None, *, last: bool, years: int, once: bool, **kinds: Any
) -> tuple[dict[str, Any], str]:
    """Print a member's signed code, and write it as a QR code. One that changes is shown here until Ctrl-C.

    \b
    Example:
      posd-central member code --last --png code.png
      posd-central member code --last --rotating
    """
    from central import changing, code_keys, members, qr
    from central.cli import showing

    signer = code_keys.load(_state_dir(settings))
    member, secret = in_store(settings, _one, signer, "" if last else (handle or ""), kinds["rotating"] or kinds["wallet"])
    now_s = now_ms() // 1000
    demo, phone = _phone() if kinds["phone_key"] else (None, kinds["for_phone"])
    card = changing.phone_card(member, signer, phone, now_s, years) if phone else members.card(member, signer, now_s, years)
    text = _changing(card.text, demo, secret if kinds["rotating"] and not phone else b"")
    if kinds["wallet"]:
        _write_wallet(kinds["wallet"], card.text, secret)
    if (demo or kinds["rotating"]) and not once and not click.get_current_context().params["as_json"]:
        showing.show(text)
    shown = text(now_s // STEP_S)
    for path, write in ((kinds["png"], qr.write_png), (kinds["svg"], qr.write_svg)):
        if path:
            write(shown, path)
    values = {"handle": member.handle, "code": shown, "expires_s": card.expires_s}
    return {**values, "changes_in_s": showing.left_s(now_s)} if shown != card.text else values, shown


def _phone() -> tuple[Any, str]:
    """A phone's key, as an app makes one, and its public half."""
    from cryptography.hazmat.primitives.asymmetric import ec

    from sync import rotating

    key = ec.generate_private_key(ec.SECP256R1())
    return key, rotating.phone_key(key)


def _changing(signed: str, demo: Any, secret: bytes) -> Callable[[int], str]:
    """The code's text at a step: by a phone's key, by a wallet's secret, or the same at all times."""
    from sync import rotating

    if demo:
        return lambda step: rotating.with_phone(signed, rotating.phone_signer(demo), step)
    return lambda step: rotating.with_totp(signed, secret, step) if secret else signed


def _write_wallet(path: Path, signed: str, secret: bytes) -> None:
    """Write the pass's `rotatingBarcode` for its owner's eyes only. Raises Misconfigured."""
    import os

    from sync import rotating

    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(rotating.wallet_object(signed, secret), file)
    except OSError as error:
        raise Misconfigured("file_unwritable", f"{path}: {error.strerror}", "Choose another place") from error


@command.command("new-card")
@click.argument("handle")
@answers
@with_settings
def new_card(settings: Settings, handle: str) -> tuple[dict[str, Any], str]:
    """The old card was lost: it is refused from the next pull on. Print the new code with `member code`.

    \b
    Example:
      posd-central member new-card 5ae1f0c2d4b6978812ab
    """
    from central import members

    member = in_store(settings, members.new_card, handle)
    return _values(member), f"{member.handle}: card {member.generation + 1}; every older one is refused"


@command.command("claim")
@click.argument("handle")
@click.option("--sale", default="", help="The sale's id.")
@click.option("--receipt", default="", help="Or its receipt number,")
@click.option("--date", default="", help="its business date, ISO,")
@click.option("--store", default="", help="and its store.")
@click.option("--reason", required=True, help="Why, for the audit log.")
@answers
@with_settings
def claim_sale(settings: Settings, /, *, handle: str, reason: str, **which: str) -> tuple[dict[str, Any], str]:
    """Give a member what a purchase without a card would have earned.

    \b
    Example:
      posd-central member claim 5ae1f0c2d4b6978812ab --receipt 1001 --date 2026-11-21 --store "Allenby 12" --reason "forgot it"
    """
    from central import claims
    from central.store.audit import Clerk
    from central.store.claims import Receipt

    if not which["sale"] and not (which["receipt"] and which["date"] and which["store"]):
        raise click.UsageError("name the sale: --sale, or --receipt with --date and --store")
    wanted = which["sale"] or Receipt(which["store"], which["date"], which["receipt"])
    sale = in_store(settings, claims.claim_by_clerk, handle, wanted, Clerk(person(), reason), now_ms())
    return {"handle": handle, "sale": sale}, f"{handle}: has sale {sale}"


@command.command("merge")
@click.argument("handle")
@click.argument("into")
@click.option("--reason", required=True, help="Why, for the audit log.")
@answers
@with_settings
def merge_members(settings: Settings, handle: str, into: str, reason: str) -> tuple[dict[str, Any], str]:
    """Make two members one: what HANDLE has goes to INTO, and the cards of both go on working.

    What terminals have leased or hold of HANDLE is asked back first; head office that runs finishes it by itself.

    \b
    Example:
      posd-central member merge 5ae1f0c2d4b6978812ab 99887766554433221100 --reason "two cards"
    """
    from central import merging
    from central.store.audit import Clerk

    in_store(settings, merging.merge, handle, into, Clerk(person(), reason), now_ms())
    in_store(settings, merging.finish, now_ms())
    done = in_store(settings, merging.is_done, handle)
    told = {"handle": handle, "into": into, "done": done}
    return told, f"{handle}: {'merged' if done else 'waits for what is leased or held: posd-central member merges'}"


@command.command("merges")
@answers
@with_settings
def list_merges(settings: Settings) -> tuple[list[dict[str, Any]], str]:
    """Merges that are not done yet, and what each waits for, the oldest first.

    \b
    Example:
      posd-central member merges --json
    """
    from central.store import merges

    found = look_in_store(settings, merges.waiting)
    return [one._asdict() for one in found], "\n".join(map(_waits, found)) or "No merge waits"


def _waits(one: Waiting) -> str:
    begun = f"{one.handle} into {one.into}, since {time_text(one.made_ms)}"
    if not one.kind:
        return f"{begun}: for nothing, it is done within seconds while head office runs"
    what = f"{'an exposure' if one.kind == 'exposure' else f'a {one.kind}'} of {one.pieces} {one.unit}"
    return f"{begun}: for {what} at {one.code} {one.store} / {one.terminal}, since {time_text(one.since_ms)}"


@command.command("erase")
@click.argument("handle")
@click.option("--reason", required=True, help="Why, for the audit log.")
@answers
@with_settings
def erase_member(settings: Settings, handle: str, reason: str) -> tuple[dict[str, Any], str]:
    """Erase what a member gave: name, telephone number, consent. What they bought stays, under a handle that names nobody.

    \b
    Example:
      posd-central member erase 5ae1f0c2d4b6978812ab --reason "asked by letter, 3 May"
    """
    from central import people
    from central.store.audit import Clerk

    count = in_store(settings, people.erase, handle, Clerk(person(), reason), now_ms())
    return {"handle": handle, "attachments": count}, f"{handle}: erased"


def _one(db: Connection, signer: Any, handle: str, with_secret: Any) -> tuple[MemberHere, bytes]:
    """The member of that handle or, without one, the last, and what the wallet's code changes by if that is wanted; terminals get
    to know the key that will sign.
    """
    from central import changing, code_keys, members
    from central.store import members as rows

    code_keys.publish(db, signer)
    member = members.get(db, handle) if handle else rows.last(db)
    if member is None:
        raise Rejected("member_unknown", "there is no member yet", "Make one: posd-central member add")
    return member, changing.secret_of(db, member) if with_secret else b""


def _state_dir(settings: Settings) -> Path:
    from central.settings import make_state_dir

    make_state_dir(settings)
    return settings.state_dir


def _values(member: MemberHere) -> dict[str, Any]:
    return {
        "handle": member.handle,
        "first_name": member.first_name,
        "tier": member.tier,
        "generation": member.generation,
        "provisional": member.provisional,
    }
