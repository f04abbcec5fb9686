"""A sale that somebody claims afterwards: what it would have earned, had they shown their card."""

from dataclasses import replace
from datetime import date

from loyalty.agreement import Agreement, facts
from loyalty.code import Strength
from loyalty.member import Member
from loyalty.program import Program
from loyalty.quote import nets
from loyalty.refusal import Refusal
from loyalty.sale import Payment, Sale, commit


def claimed(program: Program, sale: Sale, member: Member) -> Sale:
    """`sale` as `member`'s, by the `program` that is stamped on it, on the tenders really used.

    What it cost stays as it was: nothing comes off afterwards, nothing is spent, and no prize is drawn.
    """
    agreement = Agreement(
        id=sale.agreement,
        basket=sale.basket,
        member=facts(member, member.tier, Strength.TYPED),
        program_version=sale.program_version,
        program_hash=sale.program_hash,
        choices=(),
        discounts=sale.discounts,
        redemptions=(),
        holds=(),
        to_pay_minor=sum(nets(sale.basket, sale.discounts)),
        moment=sale.moment,
        extras=sale.extras,
    )
    made = commit(program, agreement, Payment(sale.till, sale.tenders, sale.basket, sale.fingerprint))
    return replace(made, flags=sale.flags)


def too_late(program: Program, sold: str, day: str) -> Refusal | None:
    """Whether a sale of the business date `sold` is claimed too late on `day`, by the program stamped on it."""
    days = program.policies.claim_days
    late = (date.fromisoformat(day) - date.fromisoformat(sold)).days > days
    return Refusal("claim_late", {"days": days}) if late else None
