"""Whether arguments are such as a program knows: it would ignore or stumble over the others itself.

sd-scripts checks nothing that stands in its TOML: an unknown key is ignored, and a value of a wrong type
fails only where it is used, minutes later.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.training.sd_scripts.argument_list import Argument

_NUMBERS: dict[str, tuple[type, ...]] = {
    "int": (int,),
    "float": (int, float),
    "int_or_float": (int, float),
}
_NAMES = {"int": "a whole number", "float": "a number", "int_or_float": "a number"}


def faults(arguments: Mapping[str, Any], known: Mapping[str, Argument]) -> list[str]:
    """Return one sentence for each unknown key, value of a wrong type, or value outside its choices."""
    found = [
        _unknown(name, known) if name not in known else _misfit(name, value, known[name])
        for name, value in arguments.items()
    ]
    return [sentence for sentence in found if sentence]


def _unknown(name: str, known: Mapping[str, Argument]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"'{name}' is no argument of it" + (f"; did you mean '{near[0]}'?" if near else "")


def _misfit(name: str, value: Any, argument: Argument) -> str:
    if argument.many != isinstance(value, list):
        return f"'{name}' takes {'a list' if argument.many else 'one value, not a list'}: {value!r}"
    for each in value if isinstance(value, list) else [value]:
        if not _is_of_type(each, argument):
            return f"'{name}' is {_type_name(argument)}, not {each!r}"
        if argument.choices is not None and each not in argument.choices:
            allowed = ", ".join(str(choice) for choice in argument.choices if choice is not None)
            return f"'{name}' is one of {allowed}, not {each!r}"
    return ""


def _is_of_type(value: Any, argument: Argument) -> bool:
    if argument.flag or isinstance(value, bool):
        return argument.flag and isinstance(value, bool)
    return isinstance(value, _NUMBERS.get(argument.type or "str", (str,)))


def _type_name(argument: Argument) -> str:
    return "true or false" if argument.flag else _NAMES.get(argument.type or "str", "a text")
