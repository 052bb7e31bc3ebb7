"""What each command takes."""

from __future__ import annotations

import argparse
from pathlib import Path

from orchestrator.cli import values

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


def project(command: argparse.ArgumentParser) -> None:
    """Add the project file."""
    command.add_argument(
        "project", type=Path, nargs="?", default=Path("project.yaml"), metavar="project.yaml"
    )


def doctor(command: argparse.ArgumentParser) -> None:
    """Add what `doctor` takes."""
    # it looks at the machine alone, unless a project is named
    command.add_argument("project", type=Path, nargs="?", metavar="project.yaml")


def report(command: argparse.ArgumentParser) -> None:
    """Add what `report` takes."""
    project(command)
    command.add_argument("--open", action="store_true", help="open the page in the browser")


def score(command: argparse.ArgumentParser) -> None:
    """Add what `score` takes."""
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


def import_(command: argparse.ArgumentParser) -> None:
    """Add what `import` takes."""
    command.add_argument(
        "file",
        type=Path,
        help="a TOML of sd-scripts, a preset of the GUI, a picture as a WebUI saved it, its styles.csv, or "
        "Deforum's settings (*_settings.txt, or .json with `prompts`)",
    )
    command.add_argument("--dataset", type=Path, help="the dataset TOML that belongs to a training TOML")
    command.add_argument("--to", type=Path, help="the preset to write")


def prune(command: argparse.ArgumentParser) -> None:
    """Add what `lora prune` takes."""
    project(command)
    command.add_argument(
        "--keep", type=values.count, metavar="N", help="how many versions stay; webui.lora_versions"
    )
    command.add_argument("--dry-run", action="store_true", help="say what would go, and remove nothing")


def webui(command: argparse.ArgumentParser) -> None:
    """Add a WebUI's address."""
    command.add_argument("url", help="its address, http://host:7860; a password is taken from $WEBUI_AUTH")
    command.add_argument("--ca-file", type=Path, metavar="PEM", help="certificates to trust")
    command.add_argument("--checkpoint", metavar="TITLE", help="what to paint with; else the current one")


def paint(command: argparse.ArgumentParser) -> None:
    """Add what `webui paint` takes."""
    webui(command)
    command.add_argument("pictures", type=Path, metavar="IN", help="a picture, or a folder of them")
    command.add_argument("--payload", default="img2img-style", help="of webui_payloads/, or a .yaml")
    command.add_argument("--prompt", default="", help="what to paint")
    command.add_argument(
        "--lora", action="append", default=[], type=values.lora, metavar="NAME:WEIGHT", help="may be repeated"
    )
    command.add_argument("--seed", type=values.seed, default=1, help="of the noise (default: %(default)s)")
    command.add_argument("--strength", type=float, help="0 keeps a picture, 1 forgets it; the payload's")
    command.add_argument(
        "--size", type=values.size, metavar="WxH", help="to paint at, such as 768x512; the picture's own"
    )
    command.add_argument("--mask", type=Path, help="white where to paint; a folder of them, by name")
    command.add_argument("--out", type=Path, help="a .png for one picture, or a folder; beside IN")


def probe(command: argparse.ArgumentParser) -> None:
    """Add what `webui probe` takes."""
    webui(command)
    command.add_argument(
        "--project", type=Path, metavar="project.yaml", help="tell what the WebUI lacks for this project"
    )


def lora_show(command: argparse.ArgumentParser) -> None:
    """Add what `lora show` takes."""
    command.add_argument("file", type=Path, help="a LoRA, by whatever trainer")


def pick(command: argparse.ArgumentParser) -> None:
    """Add what `pick` takes."""
    project(command)
    command.epilog = PICK_EXAMPLES
    command.formatter_class = argparse.RawDescriptionHelpFormatter
    command.add_argument(
        "--weights",
        type=values.numbers,
        metavar="W,W,…",
        help="LoRA weights to try; around the project's own",
    )
    command.add_argument(
        "--strengths", type=values.strengths, metavar="S,S,…", help="denoising strengths to try; likewise"
    )
    command.add_argument(
        "--lora", action="append", default=[], type=Path, metavar="FILE", help="try this one too; repeatable"
    )
    command.add_argument("--only", action="store_true", help="try the given LoRAs alone, and train nothing")
    command.add_argument(
        "--probes", type=values.count, default=16, metavar="N", help="frames to try on (default: %(default)s)"
    )
    command.add_argument(
        "--price",
        type=float,
        default=1.0,
        help="of structure: hundredths of style distance that a hundredth of SSIM is worth (default: 1)",
    )
    command.add_argument("--all", action="store_true", help="paint every candidate on every frame")


def export(command: argparse.ArgumentParser) -> None:
    """Add what `export` takes."""
    project(command)
    command.add_argument("--to", type=Path, default=Path("exported"), help="the folder to write into")


def preview(command: argparse.ArgumentParser) -> None:
    """Add what `preview` takes."""
    project(command)
    command.add_argument("--at", metavar="TIMES", help="such as 3.2s,10s or 80,250; else 3 from long shots")
    command.add_argument("--lora", type=Path, metavar="FILE", help="a LoRA; else the project's, if trained")
    command.add_argument("--train", action="store_true", help="train the project's LoRA first")
    command.add_argument("--out", type=Path, metavar="PNG", help="the sheet; preview.png beside the video")
    tried = command.add_argument_group(
        "what is tried, values with commas between",
        "Each with each. Without any of these: three strengths and three weights around the project's own.",
    )
    tried.add_argument("--strength", type=values.several(values.share), metavar="0.3,0.4")
    tried.add_argument("--lora-weight", type=values.several(values.weight), metavar="0.8,1.2")
    tried.add_argument("--steps", type=values.several(values.count), metavar="20,30")
    tried.add_argument("--cfg-scale", type=values.several(float), metavar="5,7")
    tried.add_argument("--seed", type=values.several(values.seed), metavar="1,2")


def stylize(command: argparse.ArgumentParser) -> None:
    """Add what `stylize` takes."""
    project(command)
    again = command.add_argument_group(
        "painting some frames once more",
        "The other frames stay as they are, byte for byte. Without any of --seed to --prompt, the next seed"
        " is taken. `orchestrate run` then encodes and measures anew.",
    )
    again.add_argument("--frames", metavar="A-B", help="both included: 100-200, or 3.2s-5s; the first is 0")
    again.add_argument("--seed", type=values.seed, help="of the noise")
    again.add_argument("--strength", type=values.share, help="0 keeps a frame, 1 forgets it")
    again.add_argument("--steps", type=values.count, help="nominal steps")
    again.add_argument("--cfg-scale", type=float, help="how strictly the prompt is followed")
    again.add_argument("--lora-weight", type=values.weight, help="how strongly the LoRA acts")
    again.add_argument("--prompt", help="what to paint")
    again.add_argument("--undo", action="store_true", help="take the last such change back")


def deflicker(command: argparse.ArgumentParser) -> None:
    """Add what `deflicker` takes."""
    command.add_argument("frames", type=Path, help="a folder of restyled frames, whoever made them")
    command.add_argument("source", type=Path, help="the video that they were made of")
    command.add_argument(
        "--reach", type=values.count, default=2, help="frames before and after (default: %(default)s)"
    )
    command.add_argument("--to", type=Path, help="the folder to write into; FRAMES-steady")


def gate(command: argparse.ArgumentParser) -> None:
    """Add what `gate` takes."""
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


def ebsynth_export(command: argparse.ArgumentParser) -> None:
    """Add what `ebsynth export` takes."""
    project(command)
    command.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="a new folder")


def ebsynth_import(command: argparse.ArgumentParser) -> None:
    """Add what `ebsynth import` takes."""
    command.formatter_class = argparse.RawDescriptionHelpFormatter
    command.epilog = EBSYNTH
    command.add_argument("folder", type=Path, metavar="FOLDER", help="where out_* lie, one folder a key")
    command.add_argument("source", type=Path, metavar="VIDEO", help="the video that it was made of")
    command.add_argument("--start", type=values.seconds, metavar="SECONDS", help="where the clip begins")
    command.add_argument("--end", type=values.seconds, metavar="SECONDS", help="where the clip ends")
    command.add_argument("--to", type=Path, help="a new folder for the frames; FOLDER/blended")
    command.add_argument("--video", type=Path, help="also a video, with the source's time and sound")


def nothing(_: argparse.ArgumentParser) -> None:
    """Add nothing."""
