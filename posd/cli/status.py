"""posd status"""

import time
from typing import Any

import click

from posd.cli.options import Local, json_option, show, with_settings
from posd.settings import Settings

TROUBLES = {
    "forked": ": head office has other sales in the place of ours, as of a copied disk; it keeps both, and ours go on to it",
    "fenced": ": this terminal's enrolment is over; head office keeps what we send apart until somebody has looked",
    "rolled_back": ": head office has sales of ours that this disk has not: it was restored from an older copy",
    "pruned": ": head office was restored without sales that this terminal has deleted, for they were in a newer backup",
    "not_signed": ": head office does not know this terminal's key; if it was restored from a backup it keeps what we send apart,"
    " and after a new key it wants to hear of it again: posd new-key",
}
"""What a trouble means that only a person can mend (docs/operate.md)."""


@click.command(epilog="Example: posd status --json")
@json_option
@with_settings
def status(settings: Settings, *, as_json: bool) -> None:
    """How this terminal is doing: head office, what waits, the devices."""
    told = Local(settings).get("/v1/status")
    if as_json:
        show(told)
    else:
        for line in lines(told, int(time.time() * 1000)):
            click.echo(line)


def lines(told: dict[str, Any], now_ms: int) -> list[str]:
    """The same for a person."""
    if not told["enrolled"]:
        return [f"posd {told['version']}, not enrolled: ask head office for a code, then: posd enrol CODE"]
    contact = told["last_contact_ms"]
    office = "online" if told["online"] else f"out of reach for {_ago(now_ms - contact)}" if contact else "never reached"
    queued = told["queued_records"]
    waits = f"{queued} records wait, the oldest for {_ago(now_ms - told['queued_since_ms'])}" if queued else "nothing waits"
    program = f"{told['program']['code']} version {told['program']['version']}" if told["program"] else "none yet"
    prints = told["prints"]
    found = [
        f"posd {told['version']}, {told['name']} of {told['store']} (terminal {told['terminal']})",
        f"head office:  {office}; {waits}",
        f"program:      {program}, {told['members']} members known",
        f"printing:     {told['printing']}, {prints['waiting']} waiting, {prints['unknown']} unknown",
    ]
    if told["layout"]["trouble"]:
        found.append(f"receipts:     the built-in layout: {told['layout']['trouble']}")
    if printer := told["printer"]:
        how = ", ".join(printer["troubles"]) or "well" if printer["known"] else "does not say how it is"
        found.append(f"printer:      {printer['name']}, {how}")
    if told["clock_in_doubt"]:
        found.append("clock:        minutes away from head office's: set it; codes that change count as printed ones meanwhile")
    if told["trouble"]:
        found.append(f"trouble:      {told['trouble']}{TROUBLES.get(told['trouble'], '')}")
        found.append(f"key:          {told['key']}")
    if told["disk"]:
        found.append(f"disk:         {', '.join(told['disk'])}: see docs/operate.md")
    if told["open_agreements"]:
        found.append(f"agreements:   {told['open_agreements']} open: neither paid nor cancelled")
    found += _leases(told["leases"])
    devices = [("scanner", one) for one in told["scanners"]] + [("display", one) for one in [told["display"]] if one]
    return found + [_device(kind, one) for kind, one in devices]


def _leases(told: dict[str, Any]) -> list[str]:
    """What may be spent here without head office, and the published bound."""
    left = ", ".join(f"{pieces} {unit}" for unit, pieces in told["left"].items()) or "nothing"
    frozen = "; frozen: nothing is spent from it, this may be an older copy of the disk" if told["frozen"] else ""
    bound = ", ".join(f"{pieces} {unit}" for unit, pieces in told["bound"].items() if pieces) or "nothing"
    return [
        f"leases:       {left} of {told['members']} members may be spent offline here{frozen}",
        f"bound:        {bound} could be spent beyond members' balances, says head office",
    ]


def _device(kind: str, one: dict[str, Any]) -> str:
    trouble = f", {one['trouble']}" if one.get("trouble") else ""
    return f"{kind}:      {one['name']}, last sign of life {one['lag_s']} s ago{trouble}"


def _ago(ms: int) -> str:
    seconds = max(ms, 0) // 1000
    for size, word in ((86_400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds // size} {word}"
    return f"{seconds} seconds"
