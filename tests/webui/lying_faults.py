"""What a WebUI can do instead of what it was asked, by name: all of it has been seen at real ones."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence

Plan = Callable[[int], "str | None"]  # the number of an img2img request, from 1 -> what goes wrong with it

# Nothing usable comes back.
FAULTS: Mapping[str, str] = {
    "html": "200 with an HTML page, as a gateway shows",
    "html-502": "502 with an HTML page",
    "html-503": "503 with an HTML page",
    "error-a": "500 with A1111's body, out of memory",
    "error-f": "500 with Forge's body",
    "loading": "500: it listens, but its model is not loaded",
    "nan": "500 with A1111's NansException",
    "cut-json": "a whole answer whose JSON ends in the middle",
    "bad-picture": "a picture that is no picture",
    "no-picture": "an answer without pictures",
    "drop-early": "the connection is closed before the first byte of the answer, once it is painted",
    "drop-body": "the connection is closed in the middle of the answer",
    "hang": "the job stands still until it is interrupted",
    "late": "it is painted, but the answer comes late",
    "flood": "an answer without end",
}

# 200, and another thing than was asked for.
LIES: Mapping[str, str] = {
    "size": "another size",
    "seed": "another seed",
    "sampler": "another sampler",
    "scheduler": "another noise schedule",
    "steps": "other steps",
    "cfg": "another CFG scale",
    "strength": "another denoising strength",
    "checkpoint": "another checkpoint",
    "checkpoint-hash": "another checkpoint of the same name",
    "no-lora": "the LoRA is left out",
    "old-lora": "an older LoRA, told by its hash",
    "no-control": "ControlNet is left out",
    "black": "a black picture",
    "grey": "one colour",
    "partial": "interrupted by somebody, without a mark in the answer",
    "no-infotext": "no word of how it was painted",
    "clip-skip": "another CLIP skip",
    "input-back": "the input comes back as it was",
}

# Right all the same, if one looks closely.
ODDITIES: Mapping[str, str] = {
    "jpeg": "the picture as JPEG, since the server's samples_format says so",
    "webp": "the picture as WebP",
    "prefix": "base64 with a `data:` prefix",
    "more-pictures": "more pictures than were asked for: detected maps at the end",
    "reverse": "the next request is painted first",
}


def at(**faults: int | Sequence[int]) -> Plan:
    """Plan faults for requests by number; "_" in a name stands for "-"."""
    when = {
        number: name.replace("_", "-")
        for name, numbers in faults.items()
        for number in ([numbers] if isinstance(numbers, int) else numbers)
    }
    return when.get


def always(fault: str) -> Plan:
    """Plan the same fault for every request."""
    return lambda _: fault


def randomly(rates: Mapping[str, float], seed: int) -> Plan:
    """Plan each fault at its rate; the same seed plans the same faults for the same numbers."""

    def plan(number: int) -> str | None:
        drawn = random.Random(seed * 1_000_003 + number).random()
        for name, rate in rates.items():
            if drawn < rate:
                return name
            drawn -= rate
        return None

    return plan


def parsed(text: str, seed: int) -> Plan:
    """Read a plan as written on a command line: `black@3,html:0.01` is the third, and one in a hundred."""
    known = {**FAULTS, **LIES, **ODDITIES}
    numbered: dict[int, str] = {}
    rates: dict[str, float] = {}
    for item in filter(None, text.split(",")):
        name, mark, value = item.partition("@") if "@" in item else item.partition(":")
        if name not in known or not mark:
            raise ValueError(f"{item}: write NAME@NUMBER or NAME:RATE, NAME one of {', '.join(known)}")
        if mark == "@":
            numbered[int(value)] = name
        else:
            rates[name] = float(value)
    chance = randomly(rates, seed)
    return lambda number: numbered.get(number) or chance(number)
