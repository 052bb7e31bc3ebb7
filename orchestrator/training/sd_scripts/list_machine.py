"""Prints as JSON what sd-scripts' own Python has to train with. It runs in that Python.

`python list_machine.py`: the versions of the packages that matter, None where one is missing or broken, and
the GPU's name and memory in bytes as torch sees them, where it sees one.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version

PACKAGES = ("torch", "accelerate", "diffusers", "transformers", "bitsandbytes", "xformers")


def main() -> None:
    """Print it as the last line: some packages greet whoever imports them."""
    found = {package: _version(package) for package in PACKAGES}
    told = {"packages": found, **(_gpu() if found["torch"] else {})}
    sys.stdout.write(f"\n{json.dumps(told)}\n")


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _gpu() -> dict[str, object]:
    try:
        torch = import_module("torch")
        if not torch.cuda.is_available():
            return {"gpu": None}
        free, total = torch.cuda.mem_get_info()
        return {"gpu": {"name": torch.cuda.get_device_name(0), "free": free, "total": total}}
    except Exception as error:  # noqa: BLE001 - whatever a broken installation raises is the finding
        return {"broken": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    main()
