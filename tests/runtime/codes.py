"""Which codes the source can say, found by reading it: a new one without words fails a test, wherever it is written."""

import ast
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("loyalty", "runtime", "sync", "posd", "central")
CALLS = {"Refusal": ("refusal", 0), "Step": ("trace", 1), **dict.fromkeys(("Title", "Row", "Bar", "Note"), ("receipt", 0))}
"""What is called with a code, the family of its sentences, and which argument the code is."""


class Said(NamedTuple):
    """A code, and the parameters that come with it where they are literal (None: they are not)."""

    code: str
    names: frozenset[str] | None


class Source:
    """All modules, and who calls which function with what."""

    def __init__(self) -> None:
        """Read everything once."""
        files = (file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py"))
        self.trees = {file: ast.parse(file.read_text(encoding="utf-8")) for file in files}
        self.parents = {
            child: node for tree in self.trees.values() for node in ast.walk(tree) for child in ast.iter_child_nodes(node)
        }
        self.calls: dict[str, list[ast.Call]] = {}
        for file, tree in self.trees.items():
            for node in ast.walk(tree):
                if isinstance(node, ast.Call):
                    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                    if name in CALLS and name != "Refusal" and "loyalty" not in file.relative_to(ROOT).parts:
                        continue  # a step of something else than a trace, a note in another book
                    self.calls.setdefault(name, []).append(node)

    def said(self) -> Iterator[Said]:
        """Every code that a Refusal, a Step or a block of a receipt is made with."""
        for called, (family, place) in CALLS.items():
            for call in self.calls.get(called, []):
                if len(call.args) <= place:
                    continue
                params = call.args[place + 1] if len(call.args) > place + 1 else None
                for code in self.texts(call.args[place]):
                    yield Said(f"{family}.{code}", _keys(params))

    def texts(self, node: ast.expr) -> list[str]:
        """All texts that an expression may be; a code that is passed on from a Refusal is none of its own. AssertionError for
        what cannot be told by reading."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return [node.value]
        if isinstance(node, ast.IfExp):
            return [*self.texts(node.body), *self.texts(node.orelse)]
        if isinstance(node, ast.JoinedStr):
            parts = [self.texts(part.value if isinstance(part, ast.FormattedValue) else part) for part in node.values]
            return ["".join(whole) for whole in product(*parts)]
        if isinstance(node, ast.Attribute) and node.attr == "code":
            return []
        assert isinstance(node, ast.Name), f"a code that cannot be read: {ast.unparse(node)}"
        return self.argument(node)

    def argument(self, name: ast.Name) -> list[str]:
        """All texts that a function around `name` is called with as it, that its Literal allows, or that are assigned to it."""
        around: ast.AST | None = name
        while around := self.parents.get(around) if around else None:
            if not isinstance(around, ast.FunctionDef):
                continue
            for place, arg in enumerate(one for one in around.args.args if one.arg != "self"):
                if arg.arg == name.id:
                    literal = _literal(arg.annotation)
                    calls = [call for call in self.calls.get(around.name, []) if len(call.args) > place]
                    return literal or [text for call in calls for text in self.texts(call.args[place])]
            assigned = [one.value for one in ast.walk(around) if isinstance(one, ast.Assign) and _names(one) == {name.id}]
            if assigned:
                return [text for value in assigned for text in self.texts(value)]
        raise AssertionError(f"a code that cannot be read: {name.id}")


def _names(assigned: ast.Assign) -> set[str]:
    return {target.id for target in assigned.targets if isinstance(target, ast.Name)}


def _literal(annotation: ast.expr | None) -> list[str]:
    if not (
        isinstance(annotation, ast.Subscript) and isinstance(annotation.value, ast.Name) and annotation.value.id == "Literal"
    ):
        return []
    values = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else [annotation.slice]
    return [value.value for value in values if isinstance(value, ast.Constant)]


def _keys(params: ast.expr | None) -> frozenset[str] | None:
    """The parameters, where every one of them is written out."""
    if params is None:
        return frozenset()
    if not isinstance(params, ast.Dict) or not all(isinstance(key, ast.Constant) for key in params.keys):
        return None
    return frozenset(key.value for key in params.keys if isinstance(key, ast.Constant))
