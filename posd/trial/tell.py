"""A step that was played, as an answer: plain values, with the sentences in the language asked for."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from loyalty import counters, lots, tax, tiers
from loyalty.member import Member
from loyalty.money import split
from loyalty.program import Program
from loyalty.quote import Discount, Movement, Quote, nets, pieces_by_unit
from loyalty.refusal import Refusal
from loyalty.sale import Reversal, Sale
from loyalty.standing import Standing, member_on
from posd.trial import answer as told
from posd.trial.play import Played, Undone
from runtime.speech import Speech

Stock = dict[str, list[told.LotAnswer]]

PIECES_SHOWN_MAX = 100  # above it nobody looks at each piece


def tell(played: Played, speech: Speech) -> told.Answer:
    """The answer about one step."""
    day = played.step.when.date().isoformat()
    found = told.Answer(
        step=played.number,
        kind=_kind(played),
        at=played.step.when.replace(tzinfo=None).isoformat(timespec="minutes"),
        days=played.days,
        currency=speech.program.currency,
    )
    if played.quote and played.sale:
        found = _sold(found, played.quote, played.sale, speech)
    if played.undone:
        found = replace(found, returned=_returned(played.undone, speech))
    if played.after:
        found = _member(found, played, member_on(played.after, day), played.after, speech.program)
        held, expires = _stock(played.after, speech.program, day)
        found = replace(found, lots=held, expires=expires)
    return found


def _kind(played: Played) -> told.Kind:
    kinds: Mapping[str, told.Kind] = {
        "sale": "sale",
        "return": "return",
        "void": "void",
        "exchange": "exchange",
        "join": "join",
    }
    return kinds.get(played.step.kind, "days")


def _sold(found: told.Answer, quote: Quote, sale: Sale, speech: Speech) -> told.Answer:
    basket, extras = sale.basket, sale.extras
    net = nets(basket, sale.discounts)
    off = basket.total_minor - sum(net)
    return replace(
        found,
        currency=basket.currency,
        rung_minor=basket.total_minor,
        off_minor=off,
        donated_minor=extras.donated_minor,
        total_minor=sum(net) + extras.donated_minor,
        units_paid_minor=extras.paid_minor,
        to_pay_minor=sum(net) + extras.donated_minor - extras.paid_minor,
        lines=_lines(sale, net),
        discounts=[_discount(one, sale, speech) for one in sale.discounts],
        tax=[
            told.TaxAnswer(percent(rate[0]), *rate[1:])
            for rate in tax.by_rate(basket.lines, net, speech.program.policies.tax_rounded_per)
        ],
        offers=[
            told.OfferAnswer(
                one.reward,
                speech.rule(one.reward),
                one.unit,
                one.cost,
                one.times_max,
                one.times,
                one.off_minor,
                _refusal(speech, one.refusal),
            )
            for one in quote.offers
        ],
        refused=[one.reward for one in quote.offers if one.refusal and any(one.reward == c.reward for c in quote.choices)],
        earned=_moved(sale.accruals, sale),
        spent=_moved(sale.redemptions, sale),
        unit_tenders=[told.UnitTenderAnswer(one.rule, one.unit, one.pieces, one.amount_minor) for one in extras.tenders],
        tenders=[told.TenderAnswer(one.kind, one.amount_minor) for one in sale.tenders],
        gifts=[told.GiftAnswer(one.rule, one.product, one.pieces) for one in extras.gifts],
        donations=[told.DonationAnswer(one.rule, one.cause, one.amount_minor) for one in extras.donations],
        flags=list(sale.flags),
        trace=[told.TraceAnswer(one["rule"], one["code"], one["params"], one["sentence"]) for one in speech.trace(quote.trace)],
    )


def _lines(sale: Sale, net: tuple[int, ...]) -> list[told.LineAnswer]:
    lines = []
    for place, line in enumerate(sale.basket.lines):
        off = line.amount_minor - net[place]
        pieces = line.pieces
        lines.append(
            told.LineAnswer(
                line=line.id,
                product=line.product,
                quantity_milli=line.quantity_milli,
                rung_minor=line.amount_minor,
                off_minor=off,
                net_minor=net[place],
                off_by={one.rule: one.by_line[place] for one in sale.discounts if one.by_line[place]},
                off_by_piece=list(split(off, (1,) * pieces)) if pieces <= PIECES_SHOWN_MAX else [],
                free_pieces=sum(one.free[place] for one in sale.discounts if one.free),
                tax_percent=percent(line.tax_bp),
            )
        )
    return lines


def _moved(movements: Iterable[Movement], sale: Sale) -> list[told.MovementAnswer]:
    """The units among them; not the counters."""
    return [
        told.MovementAnswer(
            one.rule,
            one.unit,
            one.pieces,
            {line.id: pieces for line, pieces in zip(sale.basket.lines, one.by_line, strict=True) if pieces},
        )
        for one in movements
        if not counters.is_counter(one.unit)
    ]


def _refusal(speech: Speech, refusal: Refusal | None) -> told.RefusalAnswer | None:
    found = speech.refusal(refusal)
    return told.RefusalAnswer(**found) if found else None


def _discount(one: Discount, sale: Sale, speech: Speech) -> told.DiscountAnswer:
    by_line = {line.id: off for line, off in zip(sale.basket.lines, one.by_line, strict=True) if off}
    kind: told.DiscountKind = "reward" if one.rule in speech.program.rewards else "promotion"
    return told.DiscountAnswer(one.rule, speech.rule(one.rule), kind, sum(one.by_line), by_line)


def _returned(undone: Undone, speech: Speech) -> told.ReturnAnswer:
    reversal = undone.reversal
    lines = [told.ReturnedLine(one.line, one.quantity_milli) for one in undone.lines]
    if isinstance(reversal, Refusal):
        return told.ReturnAnswer(undone.of, lines, 0, {}, False, undone.estimate, _refusal(speech, reversal))
    short = {unit: pieces for unit, pieces in undone.short.items() if not counters.is_counter(unit)}
    return told.ReturnAnswer(undone.of, lines, reversal.refund_minor, short, reversal.whole, undone.estimate, None)


def _member(found: told.Answer, played: Played, after: Member, standing: Standing, program: Program) -> told.Answer:
    before, then = played.before, played.then
    missing = tiers.missing(program, after)
    tier = told.TierAnswer(before.tier if before else "", after.tier, *(missing or ("", 0))) if program.tiers else None
    plans = {code: last for code, last in after.plans.items() if last >= found.at[:10]}
    badges = [code for code, one in program.challenges.items() if one.badge and after.balances.get(counters.won(code), 0) > 0]
    had = before.balances if before else {}
    names = sorted(unit for unit in {*had, *after.balances} if counters.is_counter(unit))
    return replace(
        found,
        member=told.MemberAnswer(after.handle, after.visits, after.spent_minor, tier, plans, badges),
        units=_units(played, after, program),
        won=_won(then, after, program),
        referrer=[told.PiecesAnswer(unit, pieces) for unit, pieces in played.referrer],
        counters={
            name: told.CounterAnswer(had.get(name, 0), after.balances.get(name, 0))
            for name in names
            if had.get(name, 0) or after.balances.get(name, 0)
        },
    )


def _units(played: Played, after: Member, program: Program) -> dict[str, told.UnitAnswer]:
    before = played.before.balances if played.before else {}
    then = played.then.balances if played.then else {}
    sale, undone = played.sale, played.undone
    theirs = sale if sale and sale.member else None
    earned = pieces_by_unit(theirs.accruals) if theirs else {}
    spent = pieces_by_unit(theirs.redemptions) if theirs else {}
    reversal = undone.reversal if undone and isinstance(undone.reversal, Reversal) else Reversal({}, {}, 0)
    short = undone.short if undone else {}
    units = {}
    for unit in program.units:
        have, now, taken = before.get(unit, 0), then.get(unit, 0), reversal.taken_back.get(unit, 0) - short.get(unit, 0)
        in_, out, given = earned.get(unit, 0), spent.get(unit, 0), reversal.given_back.get(unit, 0)
        at_last = after.balances.get(unit, 0)
        followed = at_last - (now + in_ - out - taken + given)
        ready = after.spendable.get(unit, 0)
        units[unit] = told.UnitAnswer(have, now - have, in_, out, taken, given, followed, at_last, ready)
    return units


def _won(then: Member | None, after: Member, program: Program) -> list[told.WonAnswer]:
    had = then.balances if then else {}
    won = []
    for code, challenge in program.challenges.items():
        times = after.balances.get(counters.won(code), 0) - had.get(counters.won(code), 0)
        if times:
            won.append(told.WonAnswer(code, times, challenge.prize_unit, times * challenge.prize))
    return won


def _stock(standing: Standing, program: Program, day: str) -> tuple[Stock, Stock]:
    """What there is of each unit, lot by lot, the first to expire first; and what of it expires when."""
    held: Stock = {}
    expires: Stock = {}
    for unit in program.units:
        own = standing.lots(unit)
        order = sorted((lots.life(lot).expires or lots.NEVER, lot) for lot in own)
        if own:
            held[unit] = [told.LotAnswer(own[lot], *lots.life(lot)) for _, lot in order]
        if coming := lots.forecast(own, day):
            expires[unit] = [told.LotAnswer(pieces, "", last) for last, pieces in coming]
    return held, expires


def percent(basis_points: int) -> str:
    """A share as a person writes it: "17", "17.5"."""
    whole, part = divmod(basis_points, 100)
    return f"{whole}.{part:02}".rstrip("0") if part else str(whole)
