"""What may stand on the command line. Nothing heavy is imported, so that help is instant."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from orchestrator import __version__
from orchestrator.cli import options

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse names it nowhere else
    Adder = Callable[[argparse.ArgumentParser], None]


EXAMPLES = """\
examples:
  orchestrate init                      write a commented project.yaml here
  orchestrate explain project.yaml      see what a run would do
  orchestrate preview project.yaml      a few frames in several settings, before hours are spent
  orchestrate run project.yaml          do it; run it again after any interruption
  orchestrate run project.yaml --json   the same, one JSON object a line, for programs
"""


# A name of two words is a command of a group; its file is `cli/<group>_<name>.py`.
COMMANDS: Mapping[str, tuple[str, Adder]] = {
    "run": ("the whole job: LoRA, restyled video, scores, report", options.project),
    "explain": ("what a run would do, and why", options.project),
    "init": ("write a commented project.yaml", options.project),
    "doctor": ("what is missing, and how to mend it", options.doctor),
    "preview": ("a few frames in several settings, on one sheet", options.preview),
    "prepare": ("make the training pictures", options.project),
    "train": ("train the LoRA", options.project),
    "pick": ("find the best LoRA, weight and strength by trying them on a few frames", options.pick),
    "install": ("put the LoRA into the WebUI", options.project),
    "stylize": ("paint the frames, or some of them once more", options.stylize),
    "score": ("measure the painted frames, or any B against any A", options.score),
    "gate": ("judge a new version of a LoRA by what it paints", options.gate),
    "report": ("write the report, and say where it is", options.report),
    "import": ("take over settings of sd-scripts, the kohya_ss GUI, a WebUI or Deforum", options.import_),
    "export": ("write the training as sd-scripts reads it, to run it by hand", options.export),
    "lora show": ("what a LoRA file says of itself, and whether it is whole", options.lora_show),
    "lora prune": ("remove old versions of the LoRA from the WebUI's folder", options.prune),
    "deflicker": ("take the flicker out of frames that are restyled already", options.deflicker),
    "webui paint": ("paint a picture, or a folder of them", options.paint),
    "webui probe": ("have a WebUI paint a tiny picture, and tell what it is and has", options.probe),
    "ebsynth export": (
        "write frames and keyframes for EbSynth, to make the rest by hand",
        options.ebsynth_export,
    ),
    "ebsynth import": ("blend what EbSynth made into frames, and into a video", options.ebsynth_import),
    "schema": ("print the JSON Schema of project.yaml, for editors", options.nothing),
}
GROUPS: Mapping[str, str] = {
    "ebsynth": "the frames between keyframes made by hand, with EbSynth",
    "lora": "LoRA files",
    "webui": "a WebUI by itself, without a project",
}


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    whole = argparse.ArgumentParser(
        prog="orchestrate",
        description="A video and a style in; a restyled video, its LoRA, and proof of how good it is out.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    whole.add_argument("--version", action="version", version=f"orchestrate {__version__}")
    rooms = {"": whole.add_subparsers(metavar="COMMAND")}
    for name, (summary, adder) in COMMANDS.items():
        group, _, own = name.rpartition(" ")
        if group not in rooms:
            rooms[group] = _group(rooms[""], group)
        _add(rooms[group], own, summary, adder).set_defaults(command=name)
    whole.set_defaults(command=None)
    return whole


def _group(commands: Commands, name: str) -> Commands:
    about = GROUPS[name]
    group = commands.add_parser(name, help=about, description=f"{about[:1].upper()}{about[1:]}.")
    return group.add_subparsers(metavar="COMMAND", required=True)


def _add(commands: Commands, name: str, summary: str, adder: Adder) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=summary, description=f"{summary[:1].upper()}{summary[1:]}.")
    adder(command)
    command.add_argument("--json", action="store_true", help="one JSON object a line instead of text")
    command.add_argument("--debug", action="store_true", help="show where in the code an error arose")
    return command
