"""Which lots a sequence spends from and gives back to."""

from posd import trial
from tests.posd.trial.programs import built
from tests.posd.trial.sums import adds_up


def test_what_a_return_gives_back_expires_when_it_would_have():
    """Into the very lots that it was spent from, in two parts as in one."""
    program = built(units={"points": {"name": {"en": "points"}, "expire_days": 30}})
    held = [{"pieces": 60, "expires": "2026-11-30"}, {"pieces": 40, "expires": "2026-12-31"}]
    spend = {"at": "2026-11-18T12:00", "basket": {"lines": [{"amount": "50.00"}] * 2}, "choose": ["ten_off"]}
    back = [{"return": {"of": 1, "lines": [{"line": line}]}} for line in ("1", "2")]
    answers = trial.play(program, [spend, *back], {"units": {"points": held}})
    for answer in answers:
        adds_up(answer)
    assert [(lot["pieces"], lot["expires"]) for lot in answers[-1]["lots"]["points"]] == [
        (60, "2026-11-30"),
        (40, "2026-12-31"),
    ]
