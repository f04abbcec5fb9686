"""What a settings or profile file gives, checked against a frozen dataclass: every mistake at once, by name."""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any, TypeVar, get_type_hints

from pydantic import ConfigDict, ValidationError, create_model

from runtime.errors import Misconfigured

T = TypeVar("T")


def checked(shape: type[T], given: Mapping[str, object], where: str) -> T:
    """An instance of the dataclass `shape` from `given`; bounds are the business of its `__post_init__` (ValueError).

    Raises Misconfigured that names `where`, each key that is wrong, missing or unknown, and the keys that are wanted.
    """
    hints = get_type_hints(shape, include_extras=True)
    keys = fields(shape)  # type: ignore[arg-type]  # T is not known to be a dataclass
    wanted: dict[str, Any] = {key.name: (hints[key.name], ... if key.default is MISSING else key.default) for key in keys}
    model = create_model(shape.__name__, __config__=ConfigDict(extra="forbid", strict=True), **wanted)
    try:
        return shape(**dict(model.model_validate(dict(given))))
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, mistake['loc']))}: {mistake['msg']}" for mistake in error.errors())
    except ValueError as error:
        wrong = str(error)
    raise Misconfigured("options_wrong", f"{where}: {wrong}", f"The keys are: {', '.join(wanted)}")
