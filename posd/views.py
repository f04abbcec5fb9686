"""What posd answers: plain values with the sentences in the asked language. Nothing is computed here."""

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from loyalty.accrue import Accrual
from loyalty.agreement import Agreement
from loyalty.program import Program
from loyalty.quote import Movement, Offer, Quote, pieces_by_unit
from loyalty.receipt import name_in
from loyalty.refusal import Params, Refusal
from loyalty.sale import Return, Sale
from posd.booking import Booked
from posd.printing import Handed
from posd.quoting import Known
from runtime import words


@dataclass(frozen=True, slots=True)
class Speech:
    """The language of an answer, and the program whose names it uses."""

    language: str
    program: Program

    def params(self, params: Params) -> dict[str, int | str]:
        """`params` with the unit's and the reward's names for their codes."""
        named = dict(params)
        unit = self.program.units.get(str(named.get("unit", "")))
        reward = self.program.rewards.get(str(named.get("reward", "")))
        if unit:
            named["unit"] = name_in(unit.name, self.language)
        if reward:
            named["reward"] = name_in(reward.name, self.language)
        return named

    def say(self, code: str, params: Params) -> str:
        """The sentence of `code`."""
        return words.say(self.language, code, self.params(params), self.program.currency)

    def refusal(self, refusal: Refusal | None) -> dict[str, Any] | None:
        """A refusal with its sentence."""
        if refusal is None:
            return None
        code = f"refusal.{refusal.code}"
        known = words.knows(self.language, code)  # head office may be newer than we are, and refuse for a reason of its own
        sentence = self.say(code, refusal.params) if known else self.say("error.other", {})
        return {"code": refusal.code, "params": dict(refusal.params), "sentence": sentence}

    def trace(self, quote: Quote) -> list[dict[str, Any]]:
        """Why, rule by rule."""
        return [
            {
                "rule": step.rule,
                "code": step.code,
                "params": dict(step.params),
                "sentence": self.say(f"trace.{step.code}", step.params),
            }
            for step in quote.trace
        ]

    def balances(self, counts: dict[str, int]) -> list[dict[str, Any]]:
        """Each unit's count with its name and its worth. `standing` marks the unit that only says how high a member stands."""
        return [
            {
                "unit": code,
                "standing": self.stands(code),
                "name": name_in(unit.name, self.language),
                "pieces": counts.get(code, 0),
                "worth_minor": max(counts.get(code, 0), 0) * unit.worth,
            }
            for code, unit in self.program.units.items()
        ]

    def stands(self, unit: str) -> bool:
        """Whether `unit` is the tiers' own and buys nothing: a cashier need not see it counted."""
        tiers = self.program.tiers
        return bool(tiers and tiers.unit == unit and all(rule.unit != unit for rule in self.program.rewards.values()))

    def names(self, units: Iterable[str]) -> dict[str, str]:
        """The names of those of `units` that a cashier sees."""
        known = [code for code in units if code in self.program.units and not self.stands(code)]
        return {code: name_in(self.program.units[code].name, self.language) for code in known}

    def tier(self, code: str) -> dict[str, str] | None:
        """A tier's code and name."""
        steps = self.program.tiers.steps if self.program.tiers else ()
        return next(
            ({"code": tier.code, "name": name_in(tier.name, self.language)} for tier in steps if tier.code == code), None
        )


def member_view(speech: Speech, known: Known) -> dict[str, Any]:
    """A member as a cashier may see one: a first name, a tier, balances; no number, no birth date."""
    member = known.member
    tier = member.tier or (speech.program.tiers.steps[0].code if speech.program.tiers else "")
    return {
        "handle": member.handle,
        "first_name": member.first_name,
        "tier": speech.tier(tier),
        "strength": known.strength.value,
        "provisional": member.provisional,
        "balances": speech.balances(dict(member.balances)),
    }


def quote_view(speech: Speech, quote: Quote, refusal: Refusal | None) -> dict[str, Any]:
    """A quote."""
    return {
        "total_minor": quote.basket.total_minor,
        "to_pay_minor": quote.to_pay_minor,
        "currency": quote.basket.currency,
        "member": quote.member.handle if quote.member else None,
        "refusal": speech.refusal(refusal),
        "discounts": [
            {"rule": discount.rule, "by_line": _by_line(quote, discount.by_line), "off_minor": sum(discount.by_line)}
            for discount in quote.discounts
        ],
        "offers": [_offer(speech, offer) for offer in quote.offers],
        "accruals": _moved(speech, quote.accruals),
        "redemptions": _moved(speech, quote.redemptions),
        "forecast": speech.balances(quote.forecast),
        "trace": speech.trace(quote),
        "program_version": quote.program_version,
    }


def agreement_view(agreement: Agreement) -> dict[str, Any]:
    """A promise."""
    return {
        "agreement": agreement.id,
        "to_pay_minor": agreement.to_pay_minor,
        "total_minor": agreement.basket.total_minor,
        "member": agreement.member.handle if agreement.member else None,
        "spent": pieces_by_unit(agreement.redemptions),
        "discounts": [{"rule": one.rule, "off_minor": sum(one.by_line)} for one in agreement.discounts],
        "made_ms": agreement.made_ms,
    }


def booked_view(speech: Speech, booked: Booked, handed: Handed | None) -> dict[str, Any]:
    """What is booked; with `handed`, our block for the till to print: ESC/POS bytes and PNG in base64, and plain text."""
    view: dict[str, Any] = {
        "id": booked.id,
        "seq": booked.seq,
        "replayed": booked.replayed,
        "refusals": [speech.refusal(refusal) for refusal in booked.refusals],
        "receipt": None,
    }
    if isinstance(booked.body, Sale):
        view |= _sale(booked.body)
        view["names"] = speech.names({**view["earned"], **view["spent"]})
    else:
        view |= _return(booked.body)
    if handed:
        view["receipt"] = {
            "text": handed.text,
            "png": base64.b64encode(handed.png).decode(),
            "escpos": base64.b64encode(handed.escpos).decode(),
        }
    return view


def _sale(sale: Sale) -> dict[str, Any]:
    return {
        "kind": "sale",
        "member": sale.member.handle if sale.member else None,
        "paid_minor": sale.paid_minor,
        "earned": pieces_by_unit(sale.accruals),
        "spent": pieces_by_unit(sale.redemptions),
        "flags": list(sale.flags),
    }


def _return(returned: Return) -> dict[str, Any]:
    return {
        "kind": "return",
        "member": returned.member or None,
        "refund_minor": None if returned.estimate else returned.reversal.refund_minor,
        "taken_back": returned.reversal.taken_back,
        "given_back": returned.reversal.given_back,
        "estimate": returned.estimate,
    }


def _offer(speech: Speech, offer: Offer) -> dict[str, Any]:
    rule = speech.program.rewards.get(offer.reward)
    unit = speech.program.units.get(offer.unit)
    return {
        "reward": offer.reward,
        "name": name_in(rule.name, speech.language) if rule else offer.reward,
        "unit": offer.unit,
        "unit_name": name_in(unit.name, speech.language) if unit else offer.unit,
        "cost": offer.cost,
        "times_max": offer.times_max,
        "times": offer.times,
        "off_minor": offer.off_minor,
        "refusal": speech.refusal(offer.refusal),
    }


def _moved(speech: Speech, movements: tuple[Movement | Accrual, ...]) -> list[dict[str, Any]]:
    return [
        {
            "rule": movement.rule,
            "unit": movement.unit,
            "standing": speech.stands(movement.unit),
            "name": name_in(speech.program.units[movement.unit].name, speech.language),
            "pieces": movement.pieces,
        }
        for movement in movements
    ]


def _by_line(quote: Quote, parts: tuple[int, ...]) -> dict[str, int]:
    return {line.id: part for line, part in zip(quote.basket.lines, parts, strict=True)}


def as_json(view: dict[str, Any]) -> bytes:
    """A view in bytes, past FastAPI's own encoder, which looks at every value twice."""
    return msgspec.json.encode(view)
