"""How the dataclasses of the domain are written in a file: a strict pydantic model of each, made from its annotations.

Money is a text such as "12.50", a share is a percentage (15, or "12.5"), counts are whole numbers. A list of tables is called by
the singular: `steps` of the domain are `[[tiers.step]]`. Where a list is wanted, one alone may stand for itself.
"""

import dataclasses
import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    create_model,
)

from loyalty import bounds
from loyalty.conditions import CONDITIONS
from loyalty.money import BasisPoints, Minor
from loyalty.program import Names, When

MONEY = re.compile(r"[0-9]{1,8}(\.[0-9]{1,2})?")
PERCENT = re.compile(r"[0-9]{1,5}(\.[0-9]{1,2})?")
HUNDREDTHS = 100  # of a shekel and of a percent
CODE = r"^[a-z][a-z0-9_]{0,39}$"
LIST_MAX = 10_000  # products a rule names one by one; a category or a tag is better
STRICT = ConfigDict(extra="forbid", frozen=True)
SINGULAR = {"steps": "step", "prizes": "prize", "slots": "slot"}


def _hundredths(text: str) -> int:
    major, _, minor = text.partition(".")
    return int(major) * HUNDREDTHS + int((minor + "00")[:2])


def _money(value: object) -> int:
    if not isinstance(value, str) or not MONEY.fullmatch(value):
        raise ValueError('money is a text such as "12.50"')
    return _hundredths(value)


def _percent(value: object) -> int:
    if type(value) is int and 0 <= value < 100_000:
        return value * HUNDREDTHS
    if not isinstance(value, str) or not PERCENT.fullmatch(value):
        raise ValueError('a share is a percentage: 15, or "12.5"')
    return _hundredths(value)


def _many(value: object) -> object:
    """One alone for a list of one."""
    return value if isinstance(value, list) else [value]


def _visible(text: str) -> str:
    """Raise ValueError for letters that turn a line around or cannot be seen: a name must read as it is written."""
    hidden = next((letter for letter in text if unicodedata.category(letter) in _HIDDEN), "")
    if hidden:
        raise ValueError(f"it holds the invisible character U+{ord(hidden):04X}; type the text again without it")
    return text


_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode's categories of control and format characters (marks and overrides of direction, letters of no width), of halves of
surrogates, and of other ends of lines. Words that need direction marks get them when they are drawn.
"""

Code = Annotated[str, Field(pattern=CODE, strict=True)]
Word = Annotated[str, Field(strict=True, min_length=1, max_length=60), AfterValidator(_visible)]
Words = dict[Literal["he", "en", "ar", "ru"], Word]
Text = Annotated[StrictStr, Field(max_length=bounds.TEXT_CHARS_MAX), AfterValidator(_visible)]
Whole = Annotated[StrictInt, Field(ge=-bounds.PIECES_MAX, le=bounds.PIECES_MAX)]
Money = Annotated[int, BeforeValidator(_money, json_schema_input_type=Annotated[str, Field(pattern=f"^{MONEY.pattern}$")])]
Percent = Annotated[
    int,
    BeforeValidator(
        _percent, json_schema_input_type=Annotated[int, Field(ge=0)] | Annotated[str, Field(pattern=f"^{PERCENT.pattern}$")]
    ),
]

_AS_WRITTEN: Mapping[object, object] = {
    Minor: Money,
    BasisPoints: Percent,
    int: Whole,
    bool: StrictBool,
    str: Text,
    Names: Words,
}
"""How a field of the domain is written in a file; lists, tables and conditions besides."""


def written(hint: Any) -> Any:
    """What pydantic is to look for where the domain has `hint`."""
    if hint in _AS_WRITTEN:
        return _AS_WRITTEN[hint]
    if hint == When:
        return Annotated[conditions(), AfterValidator(_said)]
    if get_origin(hint) is Literal:
        return hint
    if get_origin(hint) is tuple:
        part: Any = written(get_args(hint)[0])
        several: Any = tuple.__class_getitem__((part, ...))
        return Annotated[several, BeforeValidator(_many, json_schema_input_type=part | several), Field(max_length=LIST_MAX)]
    assert dataclasses.is_dataclass(hint), hint
    shape: Any = hint
    return Annotated[model(shape), AfterValidator(lambda found: shape(**dict(found)))]


@cache
def model(shape: type, rule: type | None = None) -> type[BaseModel]:
    """A strict pydantic model of a dataclass, with the fields of `rule`, save its settings, beside its own."""
    fields: dict[str, Any] = {}
    for part in (rule, shape) if rule else (shape,):
        hints = get_type_hints(part, include_extras=True)
        for one in dataclasses.fields(part):
            if one.name != "settings":
                fields[one.name] = (written(hints[one.name]), _default(one))
    return create_model(shape.__name__, __config__=STRICT, __doc__=shape.__doc__, **fields)


@cache
def conditions() -> type[BaseModel]:
    """What may stand in `when` and `unless`: a row of CONDITIONS each."""
    fields: dict[str, Any] = {name: (written(row.shape), None) for name, row in CONDITIONS.items()}
    return create_model("When", __config__=STRICT, __doc__="Conditions that must all hold.", **fields)


def _said(found: BaseModel) -> dict[str, Any]:
    return {name: getattr(found, name) for name in CONDITIONS if name in found.model_fields_set}


def _default(one: dataclasses.Field[Any]) -> Any:
    alias = SINGULAR.get(one.name)
    if one.default is not dataclasses.MISSING:
        return Field(one.default, alias=alias)
    if one.default_factory is not dataclasses.MISSING:
        return Field(default_factory=one.default_factory, alias=alias)
    return Field(..., alias=alias)
