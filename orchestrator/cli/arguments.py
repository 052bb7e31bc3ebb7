"""What may stand on the command line. Nothing heavy is imported, so that help is instant."""

from __future__ import annotations

import argparse
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from orchestrator import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse names it nowhere else
    Adder = Callable[[argparse.ArgumentParser], None]

T = TypeVar("T")

EXAMPLES = """\
examples:
  orchestrate init                      write a commented project.yaml here
  orchestrate explain project.yaml      see what a run would do
  orchestrate preview project.yaml      a few frames in several settings, before hours are spent
  orchestrate run project.yaml          do it; run it again after any interruption
  orchestrate run project.yaml --json   the same, one JSON object a line, for programs
"""
EBSYNTH = """\
examples:
  orchestrate ebsynth export project.yaml --to eb/           then open eb/ebsynth_1.ebs, and press Run All
  orchestrate ebsynth import eb/ street.mp4 --video out.mp4  blend its outputs; folders of others will do, too
"""

PICK_EXAMPLES = """\
examples:
  orchestrate pick                                   every LoRA that the training saved
  orchestrate pick --weights 0.6,0.8,1 --strengths 0.4
  orchestrate pick --lora other.safetensors --only   a LoRA from elsewhere
  orchestrate pick --price 2                         keep more of the structure; what was painted counts

training.overrides: {save_every_n_steps: 500} has a training save LoRAs on its way.
"""


_GATE_CODES = """\
exit codes: 0 pass, 1 regression, 2 inconclusive; failures have others: 11 unexpected, 12 wrong command line,
and from 10 on as elsewhere.

examples:
  orchestrate gate suite.yaml --baseline v1.safetensors --candidate v2.safetensors --bless
  orchestrate gate suite.yaml --candidate v3.safetensors --markdown gate.md --html gate.html
"""


def _project(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "project", type=Path, nargs="?", default=Path("project.yaml"), metavar="project.yaml"
    )


def _doctor(command: argparse.ArgumentParser) -> None:
    # it looks at the machine alone, unless a project is named
    command.add_argument("project", type=Path, nargs="?", metavar="project.yaml")


def _report(command: argparse.ArgumentParser) -> None:
    _project(command)
    command.add_argument("--open", action="store_true", help="open the page in the browser")


def _score(command: argparse.ArgumentParser) -> None:
    command.usage = "%(prog)s [project.yaml] | A B [options]"
    command.add_argument(
        "inputs",
        type=Path,
        nargs="*",
        metavar="project.yaml | A B",
        help="a project; or a source and a result: videos, folders of pictures or pictures",
    )
    without = command.add_argument_group("options for A B")
    without.add_argument(
        "--metrics", type=lambda names: names.split(","), help="such as lpips,ssim,psnr (the default)"
    )
    without.add_argument("--csv", type=Path, metavar="FILE", help="write a table with a row per pair")
    without.add_argument("--html", type=Path, metavar="FILE", help="write a page with curves and histograms")
    without.add_argument("--style", type=Path, metavar="PATH", help="a video, folder or picture of the style")
    without.add_argument("--mask", type=Path, metavar="PATH", help="its bright pixels count, the others not")
    without.add_argument("--outside", action="store_true", help="the mask's dark pixels count instead")
    without.add_argument("--text", help="what clip_text compares B with")
    without.add_argument(
        "--weights", action="append", default=[], metavar="NAME=PATH", help="a network that does not ship"
    )
    without.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    without.add_argument("--keep", type=Path, metavar="FOLDER", help="keep what networks see in A and style")


def _import(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "file",
        type=Path,
        help="a TOML of sd-scripts, a preset of the GUI, a picture as a WebUI saved it, its styles.csv, or "
        "Deforum's settings (*_settings.txt, or .json with `prompts`)",
    )
    command.add_argument("--dataset", type=Path, help="the dataset TOML that belongs to a training TOML")
    command.add_argument("--to", type=Path, help="the preset to write")


def _count(text: str) -> int:
    return _number(text, 1, 1000)


def _seed(text: str) -> int:
    return _number(text, 0, 2**32 - 1)


def _number(text: str, least: int, most: int) -> int:
    if text.isdecimal() and least <= int(text) <= most:
        return int(text)
    raise argparse.ArgumentTypeError(f"write a whole number from {least} to {most}, not {text!r}")


def _seconds(text: str) -> Fraction:
    try:
        return Fraction(text.removesuffix("s"))
    except (ValueError, ZeroDivisionError):
        raise argparse.ArgumentTypeError(f"write seconds, such as 2.5, not {text!r}") from None


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    if all(side.isdecimal() and int(side) and int(side) % 8 == 0 for side in (width, height)):
        return int(width), int(height)
    raise argparse.ArgumentTypeError(f"write two multiples of 8, such as 768x512, not {text!r}")


def _lora(text: str) -> tuple[str, float]:
    name, _, weight = text.rpartition(":")
    try:
        return (name, float(weight)) if name else (text, 1.0)
    except ValueError:
        raise argparse.ArgumentTypeError(f"write NAME:WEIGHT, such as film:0.8, not {text!r}") from None


def _prune(command: argparse.ArgumentParser) -> None:
    _project(command)
    command.add_argument(
        "--keep", type=_count, metavar="N", help="how many versions stay; webui.lora_versions"
    )
    command.add_argument("--dry-run", action="store_true", help="say what would go, and remove nothing")


def _webui(command: argparse.ArgumentParser) -> None:
    command.add_argument("url", help="its address, http://host:7860; a password is taken from $WEBUI_AUTH")
    command.add_argument("--ca-file", type=Path, metavar="PEM", help="certificates to trust")
    command.add_argument("--checkpoint", metavar="TITLE", help="what to paint with; else the current one")


def _paint(command: argparse.ArgumentParser) -> None:
    _webui(command)
    command.add_argument("pictures", type=Path, metavar="IN", help="a picture, or a folder of them")
    command.add_argument("--payload", default="img2img-style", help="of webui_payloads/, or a .yaml")
    command.add_argument("--prompt", default="", help="what to paint")
    command.add_argument(
        "--lora", action="append", default=[], type=_lora, metavar="NAME:WEIGHT", help="may be repeated"
    )
    command.add_argument("--seed", type=_seed, default=1, help="of the noise (default: %(default)s)")
    command.add_argument("--strength", type=float, help="0 keeps a picture, 1 forgets it; the payload's")
    command.add_argument(
        "--size", type=_size, metavar="WxH", help="to paint at, such as 768x512; the picture's own"
    )
    command.add_argument("--mask", type=Path, help="white where to paint; a folder of them, by name")
    command.add_argument("--out", type=Path, help="a .png for one picture, or a folder; beside IN")


def _probe(command: argparse.ArgumentParser) -> None:
    _webui(command)
    command.add_argument(
        "--project", type=Path, metavar="project.yaml", help="tell what the WebUI lacks for this project"
    )


def _lora_show(command: argparse.ArgumentParser) -> None:
    command.add_argument("file", type=Path, help="a LoRA, by whatever trainer")


def _pick(command: argparse.ArgumentParser) -> None:
    _project(command)
    command.epilog = PICK_EXAMPLES
    command.formatter_class = argparse.RawDescriptionHelpFormatter
    command.add_argument(
        "--weights", type=_numbers, metavar="W,W,…", help="LoRA weights to try; around the project's own"
    )
    command.add_argument(
        "--strengths", type=_strengths, metavar="S,S,…", help="denoising strengths to try; likewise"
    )
    command.add_argument(
        "--lora", action="append", default=[], type=Path, metavar="FILE", help="try this one too; repeatable"
    )
    command.add_argument("--only", action="store_true", help="try the given LoRAs alone, and train nothing")
    command.add_argument(
        "--probes", type=_count, default=16, metavar="N", help="frames to try on (default: %(default)s)"
    )
    command.add_argument(
        "--price",
        type=float,
        default=1.0,
        help="of structure: hundredths of style distance that a hundredth of SSIM is worth (default: 1)",
    )
    command.add_argument("--all", action="store_true", help="paint every candidate on every frame")


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(each) for each in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"write numbers with commas between, not {text!r}") from None


def _strengths(text: str) -> tuple[float, ...]:
    found = _numbers(text)
    if all(0 < each <= 1 for each in found):
        return found
    raise argparse.ArgumentTypeError(f"a strength is above 0 and at most 1, not {text!r}")


def _export(command: argparse.ArgumentParser) -> None:
    _project(command)
    command.add_argument("--to", type=Path, default=Path("exported"), help="the folder to write into")


def _share(text: str) -> float:
    return _decimal(text, 0, 1)


def _weight(text: str) -> float:
    return _decimal(text, -4, 4)


def _decimal(text: str, least: float, most: float) -> float:
    try:
        if least <= (number := float(text)) <= most:
            return number
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"write a number from {least} to {most}, not {text!r}")


def _several(one: Callable[[str], T]) -> Callable[[str], list[T]]:
    return lambda text: [one(each) for each in text.split(",")]


def _preview(command: argparse.ArgumentParser) -> None:
    _project(command)
    command.add_argument("--at", metavar="TIMES", help="such as 3.2s,10s or 80,250; else 3 from long shots")
    command.add_argument("--lora", type=Path, metavar="FILE", help="a LoRA; else the project's, if trained")
    command.add_argument("--train", action="store_true", help="train the project's LoRA first")
    command.add_argument("--out", type=Path, metavar="PNG", help="the sheet; preview.png beside the video")
    tried = command.add_argument_group(
        "what is tried, values with commas between",
        "Each with each. Without any of these: three strengths and three weights around the project's own.",
    )
    tried.add_argument("--strength", type=_several(_share), metavar="0.3,0.4")
    tried.add_argument("--lora-weight", type=_several(_weight), metavar="0.8,1.2")
    tried.add_argument("--steps", type=_several(_count), metavar="20,30")
    tried.add_argument("--cfg-scale", type=_several(float), metavar="5,7")
    tried.add_argument("--seed", type=_several(_seed), metavar="1,2")


def _stylize(command: argparse.ArgumentParser) -> None:
    _project(command)
    again = command.add_argument_group(
        "painting some frames once more",
        "The other frames stay as they are, byte for byte. Without any of --seed to --prompt, the next seed"
        " is taken. `orchestrate run` then encodes and measures anew.",
    )
    again.add_argument("--frames", metavar="A-B", help="both included: 100-200, or 3.2s-5s; the first is 0")
    again.add_argument("--seed", type=_seed, help="of the noise")
    again.add_argument("--strength", type=_share, help="0 keeps a frame, 1 forgets it")
    again.add_argument("--steps", type=_count, help="nominal steps")
    again.add_argument("--cfg-scale", type=float, help="how strictly the prompt is followed")
    again.add_argument("--lora-weight", type=_weight, help="how strongly the LoRA acts")
    again.add_argument("--prompt", help="what to paint")
    again.add_argument("--undo", action="store_true", help="take the last such change back")


def _deflicker(command: argparse.ArgumentParser) -> None:
    command.add_argument("frames", type=Path, help="a folder of restyled frames, whoever made them")
    command.add_argument("source", type=Path, help="the video that they were made of")
    command.add_argument(
        "--reach", type=_count, default=2, help="frames before and after (default: %(default)s)"
    )
    command.add_argument("--to", type=Path, help="the folder to write into; FRAMES-steady")


def _gate(command: argparse.ArgumentParser) -> None:
    command.add_argument("suite", type=Path, nargs="?", default=Path("suite.yaml"), metavar="suite.yaml")
    command.add_argument("--baseline", type=Path, metavar="LORA", help="the version in use; else the blessed")
    command.add_argument("--candidate", type=Path, metavar="LORA", required=True, help="the new version")
    command.add_argument("--bless", action="store_true", help="make the candidate the baseline of later runs")
    command.add_argument("--junit", type=Path, metavar="FILE", help="write JUnit XML")
    command.add_argument("--markdown", type=Path, metavar="FILE", help="write a pull request's comment")
    command.add_argument(
        "--html", type=Path, metavar="FILE", help="write a page, and beside it the suite's history"
    )
    command.formatter_class = argparse.RawDescriptionHelpFormatter
    command.epilog = _GATE_CODES


def _ebsynth_export(command: argparse.ArgumentParser) -> None:
    _project(command)
    command.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="a new folder")


def _ebsynth_import(command: argparse.ArgumentParser) -> None:
    command.formatter_class = argparse.RawDescriptionHelpFormatter
    command.epilog = EBSYNTH
    command.add_argument("folder", type=Path, metavar="FOLDER", help="where out_* lie, one folder a key")
    command.add_argument("source", type=Path, metavar="VIDEO", help="the video that it was made of")
    command.add_argument("--start", type=_seconds, metavar="SECONDS", help="where the clip begins in it")
    command.add_argument("--end", type=_seconds, metavar="SECONDS", help="where the clip ends in it")
    command.add_argument("--to", type=Path, help="a new folder for the frames; FOLDER/blended")
    command.add_argument("--video", type=Path, help="also a video, with the source's time and sound")


def _nothing(_: argparse.ArgumentParser) -> None:
    pass


# A name of two words is a command of a group; its file is `cli/<group>_<name>.py`.
COMMANDS: Mapping[str, tuple[str, Adder]] = {
    "run": ("the whole job: LoRA, restyled video, scores, report", _project),
    "explain": ("what a run would do, and why", _project),
    "init": ("write a commented project.yaml", _project),
    "doctor": ("what is missing, and how to mend it", _doctor),
    "preview": ("a few frames in several settings, on one sheet", _preview),
    "prepare": ("make the training pictures", _project),
    "train": ("train the LoRA", _project),
    "pick": ("find the best LoRA, weight and strength by trying them on a few frames", _pick),
    "install": ("put the LoRA into the WebUI", _project),
    "stylize": ("paint the frames, or some of them once more", _stylize),
    "score": ("measure the painted frames, or any B against any A", _score),
    "gate": ("judge a new version of a LoRA by what it paints", _gate),
    "report": ("write the report, and say where it is", _report),
    "import": ("take over settings of sd-scripts, the kohya_ss GUI, a WebUI or Deforum", _import),
    "export": ("write the training as sd-scripts reads it, to run it by hand", _export),
    "lora show": ("what a LoRA file says of itself, and whether it is whole", _lora_show),
    "lora prune": ("remove old versions of the LoRA from the WebUI's folder", _prune),
    "deflicker": ("take the flicker out of frames that are restyled already", _deflicker),
    "webui paint": ("paint a picture, or a folder of them", _paint),
    "webui probe": ("have a WebUI paint a tiny picture, and tell what it is and has", _probe),
    "ebsynth export": ("write frames and keyframes for EbSynth, to make the rest by hand", _ebsynth_export),
    "ebsynth import": ("blend what EbSynth made into frames, and into a video", _ebsynth_import),
    "schema": ("print the JSON Schema of project.yaml, for editors", _nothing),
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
