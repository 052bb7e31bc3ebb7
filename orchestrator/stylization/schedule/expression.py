"""Formulas of schedules, in Deforum's language, which is that of numexpr.

Evaluated by simpleeval, never by Python itself, after every part was checked against the lists below. All
powers are of floating-point numbers and a formula is short, so none can take long or much memory.
"""

from __future__ import annotations

import ast
import math
import operator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from simpleeval import InvalidExpression, SimpleEval

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_LENGTH = 500  # characters
MAX_DEPTH = 100  # of parts within parts: evaluating goes some three calls deep for each
VARIABLES = {
    "t": "the frame, from 0",
    "max_f": "the last frame",
    "s": "the seed",
    "pi": "3.14159…",
}

_OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
    ast.Pow: math.pow,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.BitAnd: lambda a, b: bool(a) and bool(b),
    ast.BitOr: lambda a, b: bool(a) or bool(b),
    ast.Invert: operator.not_,
}
_ONE = """
    abs:fabs arccos:acos arccosh:acosh arcsin:asin arcsinh:asinh arctan:atan arctanh:atanh ceil:ceil cos:cos
    cosh:cosh exp:exp expm1:expm1 floor:floor log:log log10:log10 log1p:log1p sin:sin sinh:sinh sqrt:sqrt
    tan:tan tanh:tanh trunc:trunc
"""
_FUNCTIONS: dict[str, tuple[int, Callable[..., Any]]] = {
    **{ours: (1, getattr(math, theirs)) for ours, theirs in (pair.split(":") for pair in _ONE.split())},
    "arctan2": (2, math.atan2),
    "fmod": (2, math.fmod),
    "max": (2, max),
    "min": (2, min),
    "where": (3, lambda condition, a, b: a if condition else b),
}
_TOO_DEEP = "this formula is nested too deeply; simplify it"
_OTHER_NAMES = {"^": "**", "pow": "a ** b", "if": "where(condition, a, b)", "e": "exp(1)", "frame": "t"}


@dataclass(frozen=True)
class Expression:
    """A formula that was found to be sound; made by `parsed`."""

    text: str

    def at(self, frame: float, *, last: int, seed: int) -> float:
        """Return its value.

        Args:
            frame: the variable `t`.
            last: the clip's last frame, `max_f`.
            seed: the variable `s`.

        Raises:
            ValueError: it has none there, such as 1 / 0.
        """
        names = {"t": float(frame), "max_f": float(last), "s": float(seed), "pi": math.pi}
        functions = {name: function for name, (_, function) in _FUNCTIONS.items()}
        evaluator = SimpleEval(operators=_OPERATORS, functions=functions, names=names)
        try:
            value = float(evaluator.eval(self.text, previously_parsed=_tree(self.text)))
        except (ArithmeticError, ValueError, TypeError, InvalidExpression) as error:
            raise _undefined(self.text, frame, str(error)) from None
        if not math.isfinite(value):
            raise _undefined(self.text, frame, f"it is {value}")
        return value


def parsed(text: str, *, offset: int = 0) -> Expression:
    """Check a formula.

    Args:
        text: such as `0.5 + 0.1 * sin(t / 10)`.
        offset: how many characters stand before it, for the places that messages tell.

    Raises:
        ValueError: what is wrong, with its character, counted from 1, and what to write instead.
    """
    lead = len(text) - len(text.lstrip())
    bare, offset = text.strip(), offset + lead
    if not bare:
        raise _complaint(offset, "a number or formula is missing; write for instance 0.5")
    if len(bare) > MAX_LENGTH:
        raise _complaint(offset, f"a formula of {len(bare)} characters is too long; {MAX_LENGTH} may be used")
    foreign = next((index for index, letter in enumerate(bare) if not " " <= letter <= "~"), None)
    if foreign is not None:
        raise _complaint(offset + foreign, f"{bare[foreign]!r} cannot stand in a formula; remove it")
    nodes = list(ast.walk(_checked_syntax(bare, offset)))
    called = [node.func for node in nodes if isinstance(node, ast.Call)]
    for node in nodes:
        if node not in called or not isinstance(node, ast.Name):
            _check(node, bare, offset)
    return Expression(bare)


@lru_cache(maxsize=256)
def _tree(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def _checked_syntax(text: str, offset: int) -> ast.expr:
    try:
        tree = _tree(text)
    except SyntaxError as error:
        place = offset + max((error.offset or 1) - 1, 0)
        raise _complaint(place, f"this is no formula: {error.msg}") from None
    except (MemoryError, RecursionError):
        raise _complaint(offset, _TOO_DEEP) from None
    if _depth(tree) > MAX_DEPTH:
        raise _complaint(offset, _TOO_DEEP)
    return tree


def _depth(tree: ast.expr) -> int:
    depth, level = 0, list[ast.AST]([tree])
    while level:
        depth, level = depth + 1, [child for node in level for child in ast.iter_child_nodes(node)]
    return depth


def _check(node: ast.AST, text: str, offset: int) -> None:
    """Refuse whatever is not on the lists: attributes, indices, texts, lambdas, unknown names."""
    place = offset + getattr(node, "col_offset", 0)
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return
    if isinstance(node, (ast.UnaryOp, ast.BinOp)):
        _check_operators([node.op], place)
    elif isinstance(node, ast.Compare):
        _check_operators(node.ops, place)
    elif isinstance(node, ast.Call):
        _check_call(node, place)
    elif isinstance(node, ast.Name):
        _check_name(node.id, place)
    elif isinstance(node, ast.expr):
        part = ast.get_source_segment(text, node)
        raise _complaint(place, f"'{part}' cannot stand in a formula; write numbers, variables and functions")


def _check_operators(found: list[Any], place: int) -> None:
    if any(isinstance(each, ast.BitXor) for each in found):
        raise _complaint(place, "'^' is no power here; write **")
    if any(type(each) not in _OPERATORS for each in found):
        raise _complaint(place, "this operator is not known; known are + - * / % ** < <= > >= == != & | ~")


def _check_call(node: ast.Call, place: int) -> None:
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if name not in _FUNCTIONS:
        hint = f"write {_OTHER_NAMES[name]}" if name in _OTHER_NAMES else f"known are {', '.join(_FUNCTIONS)}"
        raise _complaint(place, f"there is no function '{name}'; {hint}")
    wanted, _ = _FUNCTIONS[name]
    if len(node.args) != wanted or node.keywords:
        raise _complaint(place, f"'{name}' takes {wanted} value{'s' * (wanted > 1)}, not {len(node.args)}")


def _check_name(name: str, place: int) -> None:
    if name in VARIABLES:
        return
    known = ", ".join(f"{variable} ({meaning})" for variable, meaning in VARIABLES.items())
    hint = f"write {_OTHER_NAMES[name]}" if name in _OTHER_NAMES else f"known are {known}"
    raise _complaint(place, f"there is no variable '{name}'; {hint}")


def _complaint(place: int, what: str) -> ValueError:
    return ValueError(f"character {place + 1}: {what}")


def _undefined(text: str, frame: float, why: str) -> ValueError:
    return ValueError(f"'{text}' has no value at frame {frame:g}: {why}")
