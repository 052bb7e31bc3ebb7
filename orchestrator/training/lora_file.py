"""What a LoRA file is, whoever made it: kohya's sd-scripts, LyCORIS, diffusers with PEFT.

A file holds some tensors for each module that it changes. Their last names tell the kind, their first ones
the part of the model, and their shapes the rank and, mostly, the family that it was trained on.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from orchestrator import safetensors_file
from orchestrator.errors import ModelFileError
from orchestrator.training.family import family_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from orchestrator.safetensors_file import Header, Tensor
    from orchestrator.training.family import FamilyName

Kind = Literal["LoRA", "LoCon", "DoRA", "LoHa", "LoKr", "OFT", "IA3", "full difference"]
Naming = Literal["kohya", "diffusers"]

_NAME = re.compile(
    r"(?P<module>.+?)[._](?P<part>(?:lora\.|lora_linear_layer\.|lora_)(?:down|up|mid|A|B)(?:\.\w+)?\.weight"
    r"|alpha|dora_scale|lora_magnitude_vector.*|hada_\w+|lokr_\w+|oft_\w+|on_input|diff(?:_b)?)"
)
_KINDS: tuple[tuple[str, Kind], ...] = (
    ("dora_scale", "DoRA"),
    ("lora_magnitude_vector", "DoRA"),
    ("hada_", "LoHa"),
    ("lokr_", "LoKr"),
    ("oft_", "OFT"),
    ("on_input", "IA3"),
    ("diff", "full difference"),
)
_DOWN = re.compile(r"(?:lora\.|lora_linear_layer\.|lora_)(?:down|A)(?:\.\w+)?\.weight|hada_w1_b")
_CONVOLUTION = 4  # dimensions of its weight
_PARTS = {
    "lora_unet_": "U-Net",
    "lora_te_": "text encoder",
    "lora_te1_": "text encoder 1",
    "lora_te2_": "text encoder 2",
    "lora_te3_": "text encoder 3",
    "unet.": "U-Net",
    "transformer.": "transformer",
    "diffusion_model.": "transformer",
    "text_encoder.": "text encoder 1",
    "text_encoder_2.": "text encoder 2",
    "text_encoder_3.": "text encoder 3",
}
_WITHOUT_UNET = frozenset({"FLUX", "SD3"})

# names that only one family has; then the width of its prompts, which each cross-attention takes in
_FAMILY_MARKS: tuple[tuple[str, FamilyName], ...] = (
    ("double_blocks", "FLUX"),
    ("single_blocks", "FLUX"),
    ("single_transformer_blocks", "FLUX"),
    ("joint_blocks", "SD3"),
)
_CROSS_ATTENTION = re.compile(r"attn2[._](?:processor[._])?to_[kv]$")
_PROMPT_WIDTHS: Mapping[int, FamilyName] = {768: "SD 1.x", 1024: "SD 2.x", 2048: "SDXL"}
_VERSIONS: tuple[tuple[str, FamilyName], ...] = (
    ("sdxl", "SDXL"),
    ("stable-diffusion-xl", "SDXL"),
    ("sd3", "SD3"),
    ("stable-diffusion-3", "SD3"),
    ("flux", "FLUX"),
    ("sd_v2", "SD 2.x"),
    ("stable-diffusion-v2", "SD 2.x"),
    ("sd_v1", "SD 1.x"),
    ("stable-diffusion-v1", "SD 1.x"),
)


@dataclass(frozen=True)
class LoraFile:
    """What a LoRA's header tells.

    Attributes:
        kind: how it changes a module; LoCon is a LoRA of convolutions too, the other names are LyCORIS's.
        naming: whose names its tensors bear.
        family: of the model that it was trained on; None where neither tensors nor metadata tell.
        modules: how many it changes, by part of the model.
        ranks: how many modules have which rank; empty for kinds that have none.
        metadata: its free texts, `ss_*` and others.
    """

    kind: Kind
    naming: Naming
    family: FamilyName | None
    modules: Mapping[str, int]
    ranks: Mapping[int, int]
    metadata: Mapping[str, str]


@dataclass(frozen=True)
class Values:
    """What a LoRA's tensors hold.

    Attributes:
        alphas: how many modules have which alpha.
        not_finite: names of tensors with NaN or infinity in them.
    """

    alphas: Mapping[float, int]
    not_finite: tuple[str, ...]


def read(file: Path) -> LoraFile:
    """Return what a file tells of itself; only its header is read.

    Raises:
        ModelFileError: it is a pickle, no whole safetensors file, or no LoRA.
    """
    safetensors_file.refuse_pickle(file)
    header = safetensors_file.header(file)
    named = {name: found for name in header.tensors if (found := _NAME.fullmatch(name))}
    modules = {found["module"] for found in named.values()}
    if not any(found["part"] != "alpha" for found in named.values()):
        raise _no_lora(header.tensors, file)
    family = _family(header, named)
    parts = Counter(_part(module, family) for module in modules)
    return LoraFile(
        kind=_kind(header, named),
        naming="kohya" if any(module.startswith("lora_") for module in modules) else "diffusers",
        family=family,
        modules=dict(parts.most_common()),
        ranks=dict(Counter(tensor.shape[0] for _, tensor in _downs(header, named)).most_common()),
        metadata=header.metadata,
    )


def values(file: Path) -> Values:
    """Return what the tensors of a safetensors file hold; one at a time is in memory."""
    alphas: Counter[float] = Counter()
    broken = []
    for name, tensor in safetensors_file.tensors(file):
        if not bool(tensor.isfinite().all()):
            broken.append(name)
        elif name.endswith(".alpha"):
            alphas[round(float(tensor), 4)] += 1
    return Values(dict(alphas.most_common()), tuple(broken))


def told_family(metadata: Mapping[str, str]) -> FamilyName | None:
    """Return the family that a LoRA's metadata name, or None."""
    told = [metadata.get(key, "").lower() for key in ("ss_base_model_version", "modelspec.architecture")]
    return next((name for text in told for mark, name in _VERSIONS if text.startswith(mark)), None)


def _kind(header: Header, named: Mapping[str, re.Match[str]]) -> Kind:
    parts = {found["part"] for found in named.values()}
    found = [kind for mark, kind in _KINDS if any(part.startswith(mark) for part in parts)]
    if found:
        return found[0]
    wide = any(_is_wide(tensor) for _, tensor in _downs(header, named))
    return "LoCon" if wide else "LoRA"


def _is_wide(tensor: Tensor) -> bool:
    return len(tensor.shape) == _CONVOLUTION and tensor.shape[2:] != (1, 1)


def _family(header: Header, named: Mapping[str, re.Match[str]]) -> FamilyName | None:
    """Return the family by the tensors, which cannot be mistaken, or else by the metadata."""
    modules = [found["module"] for found in named.values()]
    for mark, name in _FAMILY_MARKS:
        if any(re.search(rf"(?:^|[._]){mark}[._]", module) for module in modules):
            return name
    for module, tensor in _downs(header, named):
        if _CROSS_ATTENTION.search(module) and tensor.shape[1] in _PROMPT_WIDTHS:
            return _PROMPT_WIDTHS[tensor.shape[1]]
    return told_family(header.metadata)


def _downs(header: Header, named: Mapping[str, re.Match[str]]) -> Iterator[tuple[str, Tensor]]:
    """Yield the module and shape of all tensors of the form (rank, in, …)."""
    for name, found in named.items():
        if _DOWN.fullmatch(found["part"]):
            yield found["module"], header.tensors[name]


def _part(module: str, family: FamilyName | None) -> str:
    bare = module.removeprefix("base_model.model.")
    part = next((part for prefix, part in _PARTS.items() if bare.startswith(prefix)), "other")
    return "transformer" if part == "U-Net" and family in _WITHOUT_UNET else part


def _no_lora(names: Iterable[str], file: Path) -> ModelFileError:
    family = family_of(names)
    what = f"a whole {family.name} checkpoint" if family else "a file of other tensors"
    return ModelFileError(
        f"this is no LoRA but {what}",
        where=str(file),
        remedy="Name a LoRA's .safetensors file.",
    )
