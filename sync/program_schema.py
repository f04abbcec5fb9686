"""The JSON Schema of a program file, so that an editor completes and checks it while a clerk types.

It is made of the very models that read the file. Draft 7, which editors of TOML understand (taplo, Even Better TOML); it knows
shapes only: what a program can mean is `posd-central program check`'s to say.
"""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Union

from pydantic import BaseModel, Field, create_model

from loyalty.program import Policies, Tiers
from sync.program_file import PLAIN, TYPED, Outline
from sync.program_shape import Code, model

DRAFT = "http://json-schema.org/draft-07/schema#"


def schema() -> dict[str, Any]:
    """The schema, as JSON values."""
    fields: dict[str, Any] = {name: (dict[Code, model(shape)], Field(default_factory=dict)) for name, shape in PLAIN.items()}  # type: ignore[misc]
    for name, (rule, table) in TYPED.items():
        fields[name] = (_tables(name, rule, table), Field(default_factory=dict))
    fields["tiers"] = (model(Tiers) | None, None)
    fields["policies"] = (model(Policies), None)
    program = create_model("Program", __base__=Outline, __doc__="A program file of posd.", **fields)
    made: dict[str, Any] = _pruned(program.model_json_schema(by_alias=True))
    return {"$schema": DRAFT, "title": "posd program", **made}


def text() -> str:
    """The schema as a file: config/schema/program.schema.json."""
    return json.dumps(schema(), ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def _tables(section: str, rule: type, table: Mapping[str, Any]) -> Any:
    """The tables of one section, by their `type`."""
    kinds: list[type[BaseModel]] = []
    for kind, row in table.items():
        about = f"{row.settings.__doc__ or ''}\n\n{rule.__doc__ or ''}".strip()
        tag: Any = (Literal[kind], ...)
        kinds.append(create_model(f"{section}_{kind}", __base__=model(row.settings, rule), __doc__=about, type=tag))
    one: Any = Annotated[Union[tuple(kinds)], Field(discriminator="type")]  # noqa: UP007  of as many as the table has
    return dict.__class_getitem__((Code, one))


def _pruned(value: Any, inside: str = "") -> Any:
    """`value` without what is no help to an editor: titles made of names, and defaults in the domain's own form."""
    if isinstance(value, list):
        return [_pruned(one) for one in value]
    if not isinstance(value, dict):
        return value
    if inside in ("properties", "$defs"):
        return {name: _pruned(one) for name, one in value.items()}
    kept = {name: _pruned(one, name) for name, one in value.items() if name not in ("title", "discriminator")}
    if "patternProperties" in kept:
        kept["additionalProperties"] = False  # a code that does not match is none
    if "default" in kept and not _as_written(kept):
        del kept["default"]
    return kept


def _as_written(part: Mapping[str, Any]) -> bool:
    """Whether a default is what a clerk would write: not money in minor units, nor a table of the domain."""
    return {"boolean": bool, "integer": int, "string": str}.get(part.get("type", "")) is type(part["default"])
