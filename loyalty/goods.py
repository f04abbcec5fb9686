"""Which goods a rule means: by product, category, tag and price, less what it leaves out."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from loyalty.basket import Line
from loyalty.money import Minor

Places = tuple[int, ...]
"""Which lines of a basket, by their place in it, rising."""


@dataclass(frozen=True, slots=True)
class Goods:
    """Lines of which any of `products`, `categories` and `tags` is true (all lines, where none is given), and no exclusion is.

    A category means those below it too: "food" means "food/dairy". Prices are of one piece, tax included.
    """

    products: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    exclude_products: tuple[str, ...] = ()
    exclude_categories: tuple[str, ...] = ()
    exclude_tags: tuple[str, ...] = ()
    price_min: Minor = 0
    price_max: Minor = 0
    reduced: Literal["", "only", "never"] = ""


ALL = Goods()


class Index(NamedTuple):
    """The lines of one basket by what rules ask for; made once for all of them."""

    lines: Sequence[Line]
    products: Mapping[str, list[int]]
    categories: Mapping[str, list[int]]
    tags: Mapping[str, list[int]]
    all: Places


Pick = Callable[[Index], Places]
"""Finds a rule's lines in a basket."""


def index(lines: Sequence[Line]) -> Index:
    """`lines` by product, by category (and each category above it) and by tag."""
    products: defaultdict[str, list[int]] = defaultdict(list)
    categories: defaultdict[str, list[int]] = defaultdict(list)
    tags: defaultdict[str, list[int]] = defaultdict(list)
    for place, line in enumerate(lines):
        products[line.product].append(place)
        category = line.category
        while category:
            categories[category].append(place)
            category = category.rpartition("/")[0] if "/" in category else ""
        for tag in line.tags:
            if place not in tags[tag]:
                tags[tag].append(place)
    return Index(lines, products, categories, tags, tuple(range(len(lines))))


def matches(goods: Goods, line: Line) -> bool:
    """Whether `goods` means `line`: the plain words of it, which `pick` finds faster."""
    inside = _within(line.category)
    named = goods.products or goods.categories or goods.tags
    return (
        (
            not named
            or line.product in goods.products
            or any(category in goods.categories for category in inside)
            or any(tag in goods.tags for tag in line.tags)
        )
        and line.product not in goods.exclude_products
        and not any(category in goods.exclude_categories for category in inside)
        and not any(tag in goods.exclude_tags for tag in line.tags)
        and _priced(goods, line)
    )


def pick(goods: Goods) -> Pick:
    """How to find the lines that `goods` means."""
    named = [("products", goods.products), ("categories", goods.categories), ("tags", goods.tags)]
    asked = [(field, word) for field, words in named for word in words]
    checked = goods != Goods(goods.products, goods.categories, goods.tags)
    if not asked and not checked:
        return _all
    if len(asked) == 1 and not checked:
        return _one(*asked[0])

    find = _named(goods) if asked else _all
    if not checked:
        return _remembered(find)
    return _remembered(lambda index: tuple([place for place in find(index) if matches(goods, index.lines[place])]))


def _remembered(find: Pick) -> Pick:
    """`find`, which is asked of the same basket by a rule's conditions and by the rule itself, one after the other."""
    last: tuple[Index | None, Places] = (None, ())  # one cell, read once and set as a whole: another thread may ask, too

    def found(index: Index) -> Places:
        nonlocal last
        asked, places = last
        if asked is not index:
            places = find(index)
            last = (index, places)
        return places

    return found


def _one(field: str, word: str) -> Pick:
    if field == "products":
        return lambda index: tuple(index.products.get(word, ()))
    if field == "categories":
        return lambda index: tuple(index.categories.get(word, ()))
    return lambda index: tuple(index.tags.get(word, ()))


def _all(index: Index) -> Places:
    return index.all


def _named(goods: Goods) -> Pick:
    """The lines of any of the words, once each."""
    products, categories, tags = goods.products, goods.categories, goods.tags

    def named(index: Index) -> Places:
        hits: list[list[int]] = []
        if not index.products.keys().isdisjoint(products):  # mostly none of them is there
            hits += [hit for word in products if (hit := index.products.get(word))]
        if categories:
            hits += [hit for word in categories if (hit := index.categories.get(word))]
        if tags:
            hits += [hit for word in tags if (hit := index.tags.get(word))]
        if len(hits) < 2:
            return tuple(hits[0]) if hits else ()
        return tuple(sorted({place for hit in hits for place in hit}))

    return named


def _within(category: str) -> list[str]:
    """The category and each one above it."""
    found = []
    while category:
        found.append(category)
        category = category.rpartition("/")[0]
    return found


def _priced(goods: Goods, line: Line) -> bool:
    pieces = line.pieces
    if goods.price_min and line.amount_minor < goods.price_min * pieces:
        return False
    if goods.price_max and line.amount_minor > goods.price_max * pieces:
        return False
    return not goods.reduced or line.reduced == (goods.reduced == "only")
