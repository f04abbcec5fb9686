"""What posd answers: plain values with the sentences in the asked language. Nothing is computed here but the tax's share."""

import base64
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from loyalty import counters, tax
from loyalty.accrue import Accrual
from loyalty.agreement import Agreement
from loyalty.basket import Basket
from loyalty.quote import Discount, Extras, Movement, Offer, Quote, nets, pieces_by_unit
from loyalty.refusal import Refusal
from loyalty.rewards.pay import Pay
from loyalty.sale import Return, Sale
from posd.booking import Booked
from posd.claiming import Claimed
from posd.closing import Closed
from posd.joining import Joined
from posd.merging import Merged
from posd.printing import Handed
from posd.quoting import Known
from runtime.speech import Speech


def member_view(speech: Speech, known: Known) -> dict[str, Any]:
    """A member as a cashier may see one: a first name, a tier, balances, memberships; no number, no birth date."""
    member = known.member
    steps = speech.program.tiers.steps if speech.program.tiers else ()
    tier = next((step for step in steps if step.code == member.tier), steps[0] if steps else None)
    return {
        "handle": member.handle,
        "first_name": member.first_name,
        "tier": {"code": tier.code, "name": speech.name(tier.name)} if tier else None,
        "strength": known.strength.value,
        "provisional": member.provisional,
        "joined": member.joined or None,
        "balances": balances(speech, dict(member.balances)),
        "plans": [{"plan": code, "name": speech.rule(code), "until": last} for code, last in member.plans.items()],
    }


def balances(speech: Speech, counts: dict[str, int]) -> list[dict[str, Any]]:
    """Each unit's count with its name and its worth. `standing` marks the unit that only says how high a member stands, `money`
    one that is read as an amount."""
    return [
        {
            "unit": code,
            "standing": speech.stands(code),
            "money": code in speech.money,
            "name": speech.name(unit.name),
            "pieces": counts.get(code, 0),
            "worth_minor": max(counts.get(code, 0), 0) * unit.worth,
        }
        for code, unit in speech.program.units.items()
    ]


def quote_view(speech: Speech, quote: Quote, refusal: Refusal | None) -> dict[str, Any]:
    """A quote. `trace` is the why of it."""
    return {
        "total_minor": quote.basket.total_minor,
        "to_pay_minor": quote.to_pay_minor,
        "currency": quote.basket.currency,
        "member": quote.member.handle if quote.member else None,
        "refusal": speech.refusal(refusal),
        **_given(speech, quote.basket, quote.discounts, quote.extras),
        "offers": [_offer(speech, offer) for offer in quote.offers],
        "accruals": _moved(speech, quote.accruals),
        "redemptions": _moved(speech, quote.redemptions),
        "challenges": _challenges(speech, quote),
        "forecast": balances(speech, quote.forecast),
        "trace": speech.trace(quote.trace),
        "program_version": quote.program_version,
    }


def agreement_view(speech: Speech, agreement: Agreement) -> dict[str, Any]:
    """A promise."""
    return {
        "agreement": agreement.id,
        "to_pay_minor": agreement.to_pay_minor,
        "total_minor": agreement.basket.total_minor,
        "currency": agreement.basket.currency,
        "member": agreement.member.handle if agreement.member else None,
        "spent": speech.seen(pieces_by_unit(agreement.redemptions)),
        **_given(speech, agreement.basket, agreement.discounts, agreement.extras),
        "made_ms": agreement.made_ms,
    }


def booked_view(speech: Speech, booked: Booked, handed: Handed | None) -> dict[str, Any]:
    """What is booked; with `handed`, our block for the till to print: ESC/POS bytes and PNG in base64, and plain text."""
    view: dict[str, Any] = {
        "id": booked.id,
        "seq": booked.seq,
        "replayed": booked.replayed,
        "refusals": [speech.refusal(refusal) for refusal in booked.refusals],
        "receipt": handed_view(handed),
    }
    if isinstance(booked.body, Sale):
        view |= _sale(speech, booked.body)
    else:
        view |= _return(speech, booked, booked.body)
    return view


def booked_event(booked: Booked) -> dict[str, Any]:
    """What listeners are told of a booking: whose it is, and the units that it moved, counters left out."""
    body = booked.body
    if isinstance(body, Sale):
        member = body.member.handle if body.member else ""
        more, less = pieces_by_unit(body.accruals), pieces_by_unit(body.redemptions)
    else:
        member, more, less = body.member, body.reversal.given_back, _taken_back(booked, body)
    units = [unit for unit in {**more, **less} if not counters.is_counter(unit)]
    kind = "sale" if isinstance(body, Sale) else "return"
    return {
        "kind": kind,
        "id": booked.id,
        "member": member,
        "moved": {unit: more.get(unit, 0) - less.get(unit, 0) for unit in units},
    }


def joined_view(joined: Joined, handed: Handed | None) -> dict[str, Any]:
    """A new member; with `handed` the slip for the till to print. `code` is what they scan from now on, if they were given one."""
    return {
        "id": joined.id,
        "seq": joined.seq,
        "kind": "join",
        "replayed": joined.replayed,
        "member": joined.member,
        "code": joined.code,
        "receipt": handed_view(handed),
        "refusal": None,
    }


def handed_view(handed: Handed | None) -> dict[str, str] | None:
    """Our block for the till to print."""
    if handed is None:
        return None
    png, escpos = (base64.b64encode(drawn).decode() for drawn in (handed.png, handed.escpos))
    return {"text": handed.text, "png": png, "escpos": escpos}


def claimed_view(claimed: Claimed) -> dict[str, Any]:
    """A claim; what it brings, the member's balance says once head office has heard of it."""
    return {
        "id": claimed.id,
        "seq": claimed.seq,
        "kind": "claim",
        "replayed": claimed.replayed,
        "member": claimed.member,
        "sale": claimed.sale or None,
        "refusal": None,
    }


def merged_view(merged: Merged) -> dict[str, Any]:
    """Two cards that will be one; `member` is whose they are then."""
    return {
        "id": merged.id,
        "seq": merged.seq,
        "kind": "alias",
        "replayed": merged.replayed,
        "member": merged.into,
        "merged": merged.member,
        "refusal": None,
    }


def closed_view(speech: Speech, closed: Closed) -> dict[str, Any]:
    """A closed day, and where till and posd disagree. `settled` says that they do not, and that no promise is open."""
    unheard, unlisted, differing = closed.apart
    return {
        "id": closed.id,
        "kind": "day_close",
        "replayed": closed.replayed,
        "settled": not (*unheard, *unlisted, *differing, *closed.open),
        "unheard": list(unheard),
        "unlisted": list(unlisted),
        "differing": [one._asdict() for one in differing],
        "open_agreements": [agreement_view(speech, one) for one in closed.open],
    }


def _sale(speech: Speech, sale: Sale) -> dict[str, Any]:
    return {
        "kind": "sale",
        "member": sale.member.handle if sale.member else None,
        "paid_minor": sale.paid_minor,
        "currency": sale.basket.currency,
        "earned": speech.seen(pieces_by_unit(sale.accruals)),
        "spent": speech.seen(pieces_by_unit(sale.redemptions)),
        "moved": _sums(speech, sale),
        **_given(speech, sale.basket, sale.discounts, sale.extras),
        "flags": list(sale.flags),
    }


def _sums(speech: Speech, sale: Sale) -> list[dict[str, Any]]:
    """Each unit's pieces together, earned and then spent, for those that a cashier sees."""
    earned, spent = speech.seen(pieces_by_unit(sale.accruals)), speech.seen(pieces_by_unit(sale.redemptions))
    moved = [(unit, pieces) for unit, pieces in earned.items()] + [(unit, -pieces) for unit, pieces in spent.items()]
    return [
        {"unit": unit, "name": speech.unit(unit), "money": unit in speech.money, "pieces": pieces}
        for unit, pieces in moved
        if not speech.stands(unit)
    ]


def _return(speech: Speech, booked: Booked, returned: Return) -> dict[str, Any]:
    return {
        "kind": "return",
        "member": returned.member or None,
        "refund_minor": None if returned.estimate else returned.reversal.refund_minor,
        "taken_back": speech.seen(_taken_back(booked, returned)),
        "given_back": speech.seen(returned.reversal.given_back),
        "estimate": returned.estimate,
    }


def _taken_back(booked: Booked, returned: Return) -> dict[str, int]:
    """What of each unit: as the receipt has it, which takes no more than a member has unless the program says so."""
    facts = booked.receipt.facts if booked.receipt else {}
    return {unit: int(facts.get(f"spent.{unit}", pieces)) for unit, pieces in returned.reversal.taken_back.items()}


def _given(speech: Speech, basket: Basket, discounts: Sequence[Discount], extras: Extras) -> dict[str, Any]:
    """What comes off each line and by which rule, what units pay, what is handed over, what is donated, and the taxes of it all."""
    program = speech.program
    causes = program.causes
    return {
        "discounts": [
            {
                "rule": one.rule,
                "name": speech.rule(one.rule),
                "kind": "promotion" if one.rule in program.promotions else "reward",
                "by_line": {line.id: part for line, part in zip(basket.lines, one.by_line, strict=True)},
                "off_minor": sum(one.by_line),
            }
            for one in discounts
        ],
        "unit_tenders": [
            {"rule": one.rule, "name": speech.rule(one.rule), "unit": one.unit, "unit_name": speech.unit(one.unit),
             "pieces": one.pieces, "amount_minor": one.amount_minor}
            for one in extras.tenders
        ],
        "gifts": [
            {"rule": one.rule, "name": speech.rule(one.rule), "product": one.product, "pieces": one.pieces} for one in extras.gifts
        ],
        "donations": [
            {"rule": one.rule, "cause": one.cause, "name": speech.name(causes.get(one.cause, {})) or one.cause,
             "amount_minor": one.amount_minor}
            for one in extras.donations
        ],
        "taxes": [one._asdict() for one in tax.by_rate(basket.lines, nets(basket, discounts), program.policies.tax_rounded_per)],
    }  # fmt: skip


def _challenges(speech: Speech, quote: Quote) -> list[dict[str, Any]]:
    """How far the member would be in each challenge that this basket counts for."""
    challenges = speech.program.challenges
    counted = [(step.rule, step.params) for step in quote.trace if step.code == "counted"]
    return [
        {
            "challenge": code,
            "name": speech.rule(code),
            "pieces": params["pieces"],
            "have": params["have"],
            "goal": params["goal"],
            "prize": challenges[code].prize,
            "prize_name": speech.unit(challenges[code].prize_unit),
        }
        for code, params in counted
    ]


def _offer(speech: Speech, offer: Offer) -> dict[str, Any]:
    """A reward. Of one that pays, `pays_minor` is what each time of it pays: the till asks for an amount."""
    rule = speech.program.rewards.get(offer.reward)
    return {
        "reward": offer.reward,
        "name": speech.rule(offer.reward),
        "unit": offer.unit,
        "unit_name": speech.unit(offer.unit),
        "cost": offer.cost,
        "times_max": offer.times_max,
        "times": offer.times,
        "off_minor": offer.off_minor,
        "pays_minor": rule.settings.worth if rule and isinstance(rule.settings, Pay) else None,
        "refusal": speech.refusal(offer.refusal),
    }


def _moved(speech: Speech, movements: Iterable[Movement | Accrual]) -> list[dict[str, Any]]:
    return [
        {
            "rule": movement.rule,
            "unit": movement.unit,
            "standing": speech.stands(movement.unit),
            "money": movement.unit in speech.money,
            "name": speech.unit(movement.unit),
            "pieces": movement.pieces,
        }
        for movement in movements
        if not counters.is_counter(movement.unit)
    ]


def as_json(view: dict[str, Any]) -> bytes:
    """A view in bytes, past FastAPI's own encoder, which looks at every value twice."""
    return msgspec.json.encode(view)
