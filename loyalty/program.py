"""A program: a versioned set of rules, as data. Reading the file is sync/program_file.py's; what its words mean is here.

Whether they can be meant is validate.py's to say.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from loyalty.goods import ALL, Goods
from loyalty.money import BasisPoints, Minor, Remainder, Rounding

Names = Mapping[str, str]
"""A word in each language the shop speaks: {"he": ..., "en": ...}."""

When = Mapping[str, Any]
"""Conditions that must all hold, by their row in CONDITIONS; each value is of that row's shape."""

Piece = Literal["", "cheapest", "dearest", "first"]
"""Which piece a rule takes first; empty: as the policies say."""


@dataclass(frozen=True, slots=True)
class Unit:
    """Something that is counted: a point, a stamp, an agora of cashback, a coupon. `worth` is what one piece buys.

    Pieces are pending for `pending_days` and expire after `expire_days` or `expire_months` (never, where both are 0), at the end
    of that day, month or year. `extended` says that whatever a member earns of the unit makes all pieces as young as the newest.
    Unless `at_once`, what a sale earns of it cannot pay in that sale, such as a wallet that is filled up.

    To be spent while head office is out of reach, `lease_percent` of what a member has is leased to a terminal, at most
    `lease_pieces_max` (0: no cap), and `lease_percent_all` to all terminals together (loyalty/leases.py).
    """

    name: Names
    worth: Minor = 0
    pending_days: int = 0
    expire_days: int = 0
    expire_months: int = 0
    expire_at: Literal["day", "month_end", "year_end"] = "day"
    extended: bool = False
    at_once: bool = True
    lease_percent: int = 25
    lease_percent_all: int = 50
    lease_pieces_max: int = 500


@dataclass(frozen=True, slots=True)
class Tier:
    """A standing: from `from_pieces` of the qualifying unit on, a member has it and earns `accrual_percent` of the usual."""

    code: str
    name: Names
    from_pieces: int = 0
    accrual_percent: int = 100


@dataclass(frozen=True, slots=True)
class Tiers:
    """The ladder, lowest step first, and the unit whose balance says how high a member stands.

    A member rises at once. Falling is looked at only at a review: `review` says when (every `review_days` after the last, for
    "days"), `downgrade` how far. At a review
    `reset` takes the qualifying pieces away, so that each period is earned anew.
    """

    unit: str
    steps: tuple[Tier, ...]
    review: Literal["always", "never", "yearly", "calendar_year", "days"] = "always"
    review_days: int = 365
    downgrade: Literal["to_balance", "one_step"] = "to_balance"
    reset: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """How often and how much a rule gives; 0 is without limit.

    Uses are counted for each checkout, day and calendar month of a member, and over a member's whole life; `amount_max` bounds
    what comes off one basket. A budget is the whole program's: so much money, or so many uses.
    """

    per_basket: int = 0
    per_day: int = 0
    per_month: int = 0
    per_member: int = 0
    amount_max: Minor = 0
    budget_amount: Minor = 0
    budget_uses: int = 0


NO_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class AccrualRule:
    """Earn `unit` in the way of `type`, a row of ACCRUALS; `settings` is that row's dataclass.

    Only `lines` earn, while all of `when` holds and not all of `unless`. `pieces_max` caps what one checkout earns by it,
    `pieces_max_day` and `pieces_max_month` what a member does (0: no cap). The cost is `partner`'s, if one is named.
    """

    type: str
    unit: str
    settings: Any
    lines: Goods = ALL
    when: When = field(default_factory=dict)
    unless: When = field(default_factory=dict)
    pieces_max: int = 0
    pieces_max_day: int = 0
    pieces_max_month: int = 0
    partner: str = ""


@dataclass(frozen=True, slots=True)
class RewardRule:
    """For `cost` pieces of `unit`, what `type`, a row of REWARDS, gives; `settings` is that row's dataclass.

    A member chooses it. The higher `priority` comes first, then the order of the file, promotions before rewards. An exclusive
    one goes with no other; of a `group` only one is taken.
    """

    type: str
    name: Names
    unit: str = ""
    cost: int = 0
    settings: Any = None
    lines: Goods = ALL
    when: When = field(default_factory=dict)
    unless: When = field(default_factory=dict)
    priority: int = 0
    exclusive: bool = False
    group: str = ""
    limits: Limits = NO_LIMITS
    partner: str = ""


@dataclass(frozen=True, slots=True)
class PromotionRule:
    """An automatic discount: what `type`, a row of REWARDS, gives while `when` holds; for members only where it says so."""

    type: str
    name: Names
    settings: Any
    lines: Goods = ALL
    when: When = field(default_factory=dict)
    unless: When = field(default_factory=dict)
    members_only: bool = True
    priority: int = 0
    exclusive: bool = False
    group: str = ""
    limits: Limits = NO_LIMITS
    partner: str = ""


@dataclass(frozen=True, slots=True)
class Challenge:
    """Count as an accrual of `type` does; each time `goal` is reached within the window, `prize` pieces of `prize_unit`.

    The window is `within_days` rolling days, or a calendar `period`; without either it is a member's whole life. A streak wants
    something counted in each period without a gap, and its goal is in periods. `times_max` bounds how often it is won (0: no
    bound). A `badge` is worn from then on.
    """

    type: str
    name: Names
    goal: int
    settings: Any
    lines: Goods = ALL
    when: When = field(default_factory=dict)
    unless: When = field(default_factory=dict)
    within_days: int = 0
    period: Literal["", "day", "week", "month", "year"] = ""
    streak: bool = False
    prize_unit: str = ""
    prize: int = 0
    times_max: int = 0
    badge: Names = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """A paid membership, sold as `product`: it runs `days` or `months` from the day of the sale, or from the end of the one before.

    A return refunds the days that have not run, or nothing.
    """

    name: Names
    product: str
    days: int = 0
    months: int = 0
    refund: Literal["pro_rata", "whole", "none"] = "pro_rata"
    at_once: bool = True


@dataclass(frozen=True, slots=True)
class Award:
    """`give` pieces of `unit`, by itself, `on` something that happens to a member; head office decides it.

    `referral` is a friend's first purchase, and goes to the member who brought the friend; `referred` goes to the friend.
    """

    on: Literal["join", "first_purchase", "birthday", "anniversary", "tier_up", "referral", "referred"]
    unit: str
    give: int
    tiers: tuple[str, ...] = ()
    spend_min: Minor = 0


@dataclass(frozen=True, slots=True)
class Prize:
    """One prize of a pool: `give` pieces of `unit`; drawn in proportion to `weight`."""

    unit: str
    give: int
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Pool:
    """A surprise: a checkout while `when` holds wins with `chance`, as long as the budget of `prizes_max` lasts."""

    name: Names
    chance: BasisPoints
    prizes_max: int
    prizes: tuple[Prize, ...]
    when: When = field(default_factory=dict)
    unless: When = field(default_factory=dict)
    per_day: int = 0


@dataclass(frozen=True, slots=True)
class Policies:
    """Where systems in the field contradict each other, a named setting. docs/programs.md has each with its default."""

    earn_on: Literal["paid", "rung", "undiscounted_lines"] = "paid"
    order_discounts_lower_goods: bool = False
    earn_on_levies: bool = False
    earn_on_unit_tenders: bool = True
    free_pieces_earn: bool = False
    tenders_without_accrual: tuple[str, ...] = ()
    earn_tax: Literal["included", "excluded"] = "included"
    accrual_rounding: Rounding = "down"
    accrual_rounded_per: Literal["order", "line"] = "order"
    accrual_tier: Literal["held", "reached"] = "held"
    spend_in_same_sale: bool = True
    threshold: Literal["after_discounts", "before_discounts"] = "after_discounts"
    threshold_tax: Literal["included", "excluded"] = "included"
    amount_off_tax: Literal["included", "excluded"] = "included"
    percent_rounding: Rounding = "half_up"
    percent_rounded_per: Literal["order", "line", "piece"] = "order"
    remainder: Remainder = "largest"
    amount_overlap: Literal["others_first", "by_share"] = "others_first"
    pick: Literal["cheapest", "dearest", "first"] = "cheapest"
    free_piece: Literal["in_basket", "extra"] = "in_basket"
    stacking: Literal["in_order", "best"] = "in_order"
    order_discounts: Literal["all", "first", "best"] = "all"
    reduced_goods: Literal["included", "excluded"] = "included"
    budget_short: Literal["refuse", "reduce"] = "refuse"
    return_share: Literal["lines", "money"] = "lines"
    give_back_spent: bool = True
    give_back_uses: bool = True
    negative_balance: Literal["within_balance", "pending_only", "allowed"] = "within_balance"
    tax_rounded_per: Literal["line", "rate"] = "rate"
    lease_min_strength: Literal["rotating", "signed"] = "rotating"
    claim_days: int = 30


@dataclass(frozen=True, slots=True)
class Program:
    """One version of the rules. `hash` is the SHA-256 of its canonical JSON, which is what sales are stamped with."""

    code: str
    version: int
    currency: str
    name: Names
    units: Mapping[str, Unit]
    accruals: Mapping[str, AccrualRule]
    rewards: Mapping[str, RewardRule]
    tiers: Tiers | None = None
    plain_prefixes: tuple[str, ...] = ()
    policies: Policies = field(default_factory=Policies)
    hash: str = ""
    promotions: Mapping[str, PromotionRule] = field(default_factory=dict)
    challenges: Mapping[str, Challenge] = field(default_factory=dict)
    plans: Mapping[str, Plan] = field(default_factory=dict)
    awards: Mapping[str, Award] = field(default_factory=dict)
    pools: Mapping[str, Pool] = field(default_factory=dict)
    causes: Mapping[str, Names] = field(default_factory=dict)
    partners: Mapping[str, Names] = field(default_factory=dict)
    effective: str = ""
    ends: str = ""
    open_ended: bool = True


class Mistake(NamedTuple):
    """Something in a program that cannot be meant: where (a key path such as `rewards.ten_off.unit`), what, what is wanted."""

    key: str
    wrong: str
    wanted: str


def tier_by_code(program: Program, code: str) -> Tier | None:
    """The tier of that name; the lowest for one this version does not know, so that nobody falls off the ladder."""
    if program.tiers is None:
        return None
    return next((tier for tier in program.tiers.steps if tier.code == code), program.tiers.steps[0])


def tier_of(program: Program, balances: Mapping[str, int]) -> Tier | None:
    """The highest step that the balance of the qualifying unit reaches; None where the program has no tiers."""
    if program.tiers is None:
        return None
    have = balances.get(program.tiers.unit, 0)
    return next((tier for tier in reversed(program.tiers.steps) if have >= tier.from_pieces), program.tiers.steps[0])
