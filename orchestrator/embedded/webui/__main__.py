"""python -m orchestrator.embedded.webui --port 7860 --model pocket --lora-dir loras.

When it can paint, it prints one line: `ready http://127.0.0.1:7860`.
"""

from __future__ import annotations

import argparse
import ipaddress
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.embedded import checkpoint
from orchestrator.embedded.webui import listening
from orchestrator.errors import OrchestrateError

if TYPE_CHECKING:
    from types import FrameType

    from orchestrator.embedded.webui.desk import Desk

_OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
_AUTH = "ORCHESTRATE_API_AUTH"
_REPEATABLE = {"CUBLAS_WORKSPACE_CONFIG": ":4096:8"}


def main() -> int:
    """Serve until told to stop; returns the exit code."""
    arguments = _parser().parse_args()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    try:
        checkpoint.locate(arguments.model)
        socket = listening.bind(arguments.host, arguments.port)  # a taken port, too, is told at once
        desk = _open(arguments)
        listening.serve(desk, socket, _flags(arguments), arguments.api_auth)
    except OrchestrateError as error:
        print(". ".join(line.strip() for line in str(error).splitlines()), file=sys.stderr)
        return error.exit_code
    return 0


def _leave(_number: int, _frame: FrameType | None) -> None:
    os._exit(0)  # nothing is left to tidy up, and taking PyTorch down would take seconds


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m orchestrator.embedded.webui", description=__doc__)
    parser.add_argument("--port", type=int, default=7860, help="0 takes any free one")
    parser.add_argument("--host", type=_loopback, default="127.0.0.1", help="a loopback address")
    parser.add_argument(
        "--model",
        default="pocket",
        help="'pocket', a .safetensors file of SD 1.x or SDXL, or a diffusers folder",
    )
    parser.add_argument("--lora-dir", type=Path, required=True, help="made if it is not there")
    parser.add_argument(
        "--api-auth",
        metavar="USER:PASSWORD",
        default=os.environ.get(_AUTH),
        help=f"what every request must bring; other users cannot see it in the variable {_AUTH}",
    )
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    return parser


def _loopback(host: str) -> str:
    """Accept only addresses that no other machine can reach, since nothing here is encrypted."""
    if host == "localhost" or ipaddress.ip_address(host) in ipaddress.ip_network("127.0.0.0/8"):
        return host
    raise argparse.ArgumentTypeError(f"{host!r} can be reached from other machines; use 127.0.0.1")


def _flags(arguments: argparse.Namespace) -> dict[str, object]:
    return {
        "api": True,
        "nowebui": True,
        "port": arguments.port,
        "ckpt": arguments.model,
        "lora_dir": str(arguments.lora_dir),
    }


def _open(arguments: argparse.Namespace) -> Desk:
    """Load the model and paint a probe with it."""
    os.environ.update(_OFFLINE | _REPEATABLE)
    # threads that spin while they wait take the cores from whoever prepares the next frame
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    from orchestrator.embedded.webui import opening

    return opening.open_desk(arguments.model, arguments.lora_dir, arguments.device)


if __name__ == "__main__":
    sys.exit(main())
