"""django-oscar's offers: the real Applicator.apply on real models in an in-memory SQLite. Run by the peers' own Python.

Its offers are exclusive, as they are by default: every piece is discounted once, the higher priority first. It knows no weekdays,
hours, stores and tiers: a rule that does not hold now for this member is an offer that starts tomorrow, so that oscar's query
leaves it out and it need not ask. A range is made once for each choice of goods, and shared.
"""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import django
from django.conf import settings
from oscar import INSTALLED_APPS
from oscar import defaults as oscar_defaults

from bench.discounts import Goods, Rule, Shop
from bench.engines.talk import serve


class _NoMigrations(dict[str, None]):
    """The tables as the models are now, without their history: that is some seconds less."""

    def __contains__(self, app: object) -> bool:
        return True

    def __missing__(self, app: str) -> None:
        return None


settings.configure(
    **{name: value for name, value in vars(oscar_defaults).items() if name.startswith("OSCAR_")},
    INSTALLED_APPS=INSTALLED_APPS,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    HAYSTACK_CONNECTIONS={"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}},
    MIGRATION_MODULES=_NoMigrations(),
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    SECRET_KEY="none",
    SITE_ID=1,
    USE_TZ=True,
)
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.utils.timezone import now  # noqa: E402
from oscar.core.loading import get_class, get_model  # noqa: E402

Applicator = get_class("offer.applicator", "Applicator")
Default = get_class("partner.strategy", "Default")
Basket, Category, Product = get_model("basket", "Basket"), get_model("catalogue", "Category"), get_model("catalogue", "Product")
ConditionalOffer, Condition = get_model("offer", "ConditionalOffer"), get_model("offer", "Condition")
Benefit, Range = get_model("offer", "Benefit"), get_model("offer", "Range")


def money(minor: int) -> Decimal:
    """As oscar counts."""
    return Decimal(minor) / 100


class Oscar:
    """The shop in oscar's tables."""

    def __init__(self, shop: Shop) -> None:
        call_command("migrate", run_syncdb=True, verbosity=0)
        with transaction.atomic():
            self._kind = get_model("catalogue", "ProductClass").objects.create(name="goods", track_stock=False)
            self._partner = get_model("partner", "Partner").objects.create(name="shop")
            self._categories: dict[str, Any] = {}
            self._products: dict[str, Any] = {}
            self._ranges: dict[object, Any] = {}
            self._basket = Basket.objects.create()
            self._basket.strategy = Default()
            for line in shop.basket:
                self._basket.add_product(self._product(line), quantity=line.quantity)
            self._offers = [self._offer(rule, shop).pk for rule in shop.rules]

    def activate(self, count: int) -> None:
        """Suspend the others: oscar's own query leaves them out."""
        ConditionalOffer.objects.update(status=ConditionalOffer.SUSPENDED)
        ConditionalOffer.objects.filter(pk__lte=self._offers[count - 1]).update(status=ConditionalOffer.OPEN)

    def evaluate(self) -> object:
        """All of it, as for a request: the lines are read and the offers applied."""
        self._basket.reset_offer_applications()
        Applicator().apply(self._basket)
        return self._basket.total_discount

    def found(self) -> dict[str, Any]:
        """The sum of all discounts, and what it took."""
        queries: list[str] = []
        with connection.execute_wrapper(lambda run, sql, *rest: (queries.append(sql), run(sql, *rest))[1]):
            self.evaluate()
        applied = self._basket.offer_applications.offer_discounts
        off_minor = int(sum(one["discount"] for one in applied) * 100)
        return {"off_minor": off_minor, "applied": [one["name"] for one in applied], "queries": len(queries)}

    def _category(self, name: str) -> Any:
        if name not in self._categories:
            self._categories[name] = Category.objects.add_root(instance=Category(name=name))
        return self._categories[name]

    def _product(self, line: Goods) -> Any:
        product = self._named(line.product, line.category)
        product.stockrecords.create(
            partner=self._partner, partner_sku=line.product, price_currency="GBP", price=money(line.price_minor)
        )
        return product

    def _named(self, name: str, category: str) -> Any:
        if name not in self._products:
            self._products[name] = Product.objects.create(title=name, upc=name, product_class=self._kind)
            self._products[name].categories.add(self._category(category))
        return self._products[name]

    def _range(self, rule: Rule) -> Any:
        goods = rule.products or rule.category
        if goods not in self._ranges:
            made = self._ranges[goods] = Range.objects.create(name=f"range {len(self._ranges)}")
            for product in rule.products:
                made.add_product(self._named(product, rule.category))
            if not rule.products:
                made.included_categories.add(self._category(rule.category))
        return self._ranges[goods]

    def _offer(self, rule: Rule, shop: Shop) -> Any:
        goods = self._range(rule)
        least = (
            (Condition.VALUE, money(rule.amount_min_minor)) if rule.amount_min_minor else (Condition.COUNT, rule.quantity_min)
        )
        return ConditionalOffer.objects.create(
            name=rule.code,
            condition=Condition.objects.create(range=goods, type=least[0], value=least[1]),
            benefit=Benefit.objects.create(range=goods, type=Benefit.PERCENTAGE, value=rule.percent),
            priority=rule.priority,
            start_datetime=None if rule.holds_for(shop.when) else now() + timedelta(days=1),
        )


if __name__ == "__main__":
    serve(Oscar)
