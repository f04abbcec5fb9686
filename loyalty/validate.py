"""What a program's words can and cannot mean: every mistake at once, by the key it stands at."""

from collections.abc import Iterator

from loyalty import bounds, counters
from loyalty import mistakes as wrong
from loyalty.mistakes import below
from loyalty.program import Award, Mistake, Plan, Program, Tiers, Unit
from loyalty.rule_mistakes import of_rules

RULES = ("accruals", "rewards", "promotions", "challenges", "plans", "awards", "pools")
PURCHASES = ("first_purchase", "referral", "referred")


def validate(program: Program) -> list[Mistake]:
    """Every mistake of meaning at once; shapes and types are already right when this is asked. It never raises."""
    return [*_whole(program), *_too_many(program), *_parts(program), *of_rules(program)]


def _whole(program: Program) -> Iterator[Mistake]:
    if not 1 <= program.version <= bounds.VERSION_MAX:
        yield Mistake("version", f"{program.version} is not a version", "1 or more, higher with each publication")
    yield from wrong.named("name", program.name)
    yield from wrong.day("effective", program.effective)
    yield from wrong.day("ends", program.ends)
    if wrong.is_day(program.effective) and wrong.is_day(program.ends) and program.ends < program.effective:
        yield Mistake("ends", "it ends before it begins", f"{program.effective} or later")
    if not (program.open_ended or program.ends):
        yield Mistake("open_ended", "a club that is not open-ended has a last day", 'ends = "2027-12-31", or open_ended = true')
    for place, prefix in enumerate(program.plain_prefixes):
        if not (prefix.isascii() and prefix.isdigit() and len(prefix) < 13):
            yield Mistake(f"plain_prefixes.{place}", f"{prefix!r:.60} cannot begin an EAN-13", "1 to 12 digits")
    if not 0 <= program.policies.claim_days <= bounds.DAYS_MAX:
        yield Mistake("policies.claim_days", f"{program.policies.claim_days} is no number of days", f"0 to {bounds.DAYS_MAX}")
    yield from wrong.words("policies.tenders_without_accrual", program.policies.tenders_without_accrual)


def _too_many(program: Program) -> Iterator[Mistake]:
    """The bounds of a file as a whole: what is above them is told once."""
    rules = {section: len(getattr(program, section)) for section in RULES}
    if sum(rules.values()) > bounds.RULES_MAX:
        most = max(rules, key=rules.__getitem__)
        what = f"{rules[most]} {most}, and {sum(rules.values())} rules in all"
        yield Mistake(most, f"there are {what}", f"at most {bounds.RULES_MAX} rules; name goods by category or tag")
    for section in ("units", "causes", "partners"):
        many = len(getattr(program, section))
        if many > bounds.UNITS_MAX:
            yield Mistake(section, f"there are {many}", f"at most {bounds.UNITS_MAX}")


def _parts(program: Program) -> Iterator[Mistake]:
    for code, unit in program.units.items():
        yield from below(f"units.{code}", _unit(code, unit))
    if program.tiers:
        yield from below("tiers", _tiers(program.tiers, program))
    for code, plan in program.plans.items():
        yield from below(f"plans.{code}", _plan(plan))
    for code, award in program.awards.items():
        yield from below(f"awards.{code}", _award(award, program))
    for section in ("causes", "partners"):
        for code, names in getattr(program, section).items():
            yield from wrong.named(f"{section}.{code}", names)


def _unit(code: str, unit: Unit) -> Iterator[Mistake]:
    if counters.is_counter(code):
        yield Mistake("", "a unit's code has no '/': those are the program's own counters", "letters, digits and _")
    yield from wrong.named("name", unit.name)
    if unit.worth < 0:
        yield Mistake("worth", "a piece cannot be worth less than nothing", 'an amount, "0.00" or more')
    yield from wrong.number("pending_days", unit.pending_days, 0, bounds.DAYS_MAX)
    yield from wrong.number("expire_days", unit.expire_days, 0, bounds.DAYS_MAX)
    yield from wrong.number("expire_months", unit.expire_months, 0, bounds.DAYS_MAX // 30)
    yield from wrong.number("lease_percent", unit.lease_percent, 0, 100)
    yield from wrong.number("lease_percent_all", unit.lease_percent_all, 0, 100)
    yield from wrong.number("lease_pieces_max", unit.lease_pieces_max, 0, bounds.COST_MAX)
    if unit.expire_days and unit.expire_months:
        yield Mistake("expire_months", "it expires after days already", "expire_days or expire_months, not both")


def _tiers(tiers: Tiers, program: Program) -> Iterator[Mistake]:
    yield from wrong.known("unit", tiers.unit, program.units, "unit")
    yield from wrong.number("review_days", tiers.review_days, 1, bounds.DAYS_MAX)
    steps = tiers.steps
    if not steps:
        yield Mistake("step", "there is no step", "one [[tiers.step]] or more, or no [tiers] at all")
        return
    if len(steps) > bounds.STEPS_MAX:
        yield Mistake("step", f"there are {len(steps)}", f"at most {bounds.STEPS_MAX}")
    if steps[0].from_pieces:
        yield Mistake("step.0.from_pieces", "new members would stand below the lowest step", "0 for the first step")
    for place in range(1, len(steps)):
        if steps[place].from_pieces <= steps[place - 1].from_pieces:
            yield Mistake(f"step.{place}.from_pieces", "it is not above the step before it", "steps that rise")
    for place, step in enumerate(steps):
        yield from wrong.word(f"step.{place}.code", step.code)
        yield from wrong.named(f"step.{place}.name", step.name)
        if not 0 <= step.accrual_percent <= bounds.PERCENT_MAX:
            found = f"{step.accrual_percent} is no share of the usual"
            yield Mistake(f"step.{place}.accrual_percent", found, f"0 to {bounds.PERCENT_MAX}; 100 is the usual")
    if len({step.code for step in steps}) != len(steps):
        yield Mistake("step", "two steps have the same code", "a code of its own for each")


def _plan(plan: Plan) -> Iterator[Mistake]:
    yield from wrong.named("name", plan.name)
    yield from wrong.word("product", plan.product)
    yield from wrong.number("days", plan.days, 0, bounds.PLAN_DAYS_MAX)
    yield from wrong.number("months", plan.months, 0, bounds.PLAN_DAYS_MAX // 30)
    if not (plan.days or plan.months):
        yield Mistake("months", "it runs for no time at all", "months = 12, or days = 30")
    elif plan.days and plan.months:
        yield Mistake("months", "it runs for days already", "days or months, not both")


def _award(award: Award, program: Program) -> Iterator[Mistake]:
    yield from wrong.known("unit", award.unit, program.units, "unit")
    yield from wrong.number("give", award.give, 1, bounds.COST_MAX)
    yield from wrong.amount("spend_min", award.spend_min, low=0)
    codes = [step.code for step in program.tiers.steps] if program.tiers else []
    if award.on == "tier_up" and not codes:
        yield Mistake("on", "there are no tiers to rise to", "[tiers], or something else that happens")
    elif award.on == "tier_up":
        yield from wrong.all_known("tiers", award.tiers, codes, "tier")
    elif award.tiers:
        yield Mistake("tiers", f"{award.on!r} does not look at tiers", 'on = "tier_up", or remove it')
    if award.spend_min and award.on not in PURCHASES:
        yield Mistake("spend_min", f"{award.on!r} is no purchase", f"remove it, or on one of: {', '.join(PURCHASES)}")
