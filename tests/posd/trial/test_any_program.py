"""Sequences by any valid program, drawn from the grammar itself."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loyalty.basket import Basket
from posd import trial
from posd.trial.tell import percent
from tests.grammar.checkouts import Checkout, checkouts
from tests.posd.trial.sums import adds_up


def written(basket: Basket) -> dict[str, Any]:
    """The basket as a file has it."""
    return {
        "currency": basket.currency,
        "codes": list(basket.codes),
        "lines": [
            {
                "id": line.id,
                "product": line.product,
                "amount_minor": line.amount_minor,
                "quantity": f"{line.quantity_milli // 1000}.{line.quantity_milli % 1000:03}",
                "category": line.category,
                "tags": list(line.tags),
                "tax": percent(line.tax_bp),
                "levy": f"{line.levy_minor // 100}.{line.levy_minor % 100:02}",
                "reduced": line.reduced,
                "discountable": line.discountable,
            }
            for line in basket.lines
        ],
    }


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(checkouts(), st.integers(0, 400), st.sampled_from(["he", "en", "ar", "ru"]))
def test_any_sequence_by_any_program_is_played(asked: Checkout, days: int, language: str) -> None:
    """Every answer has the promised shape, in every language, and every part sums to its whole."""
    basket = written(asked.basket)
    steps = [
        {"basket": basket},
        {"advance_days": days},
        {"basket": basket, "choose": dict.fromkeys(asked.program.rewards, "max")},
        {"return": {"of": 3, "lines": [{"line": asked.basket.lines[0].id}]}},
        {"exchange": {"of": 1, "basket": basket, "choose": list(asked.program.rewards)}},
        {"void": 5},
    ]
    member = {"joined": "2024-02-29", "units": dict.fromkeys(asked.program.units, 500), "referred_by": "somebody"}
    for answer in trial.play(asked.program, steps, member, trial.Setting(language=language)):
        adds_up(answer)
