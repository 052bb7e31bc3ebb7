"""A dataset TOML that users bring along, as the `style` of a project and the arguments beside it.

A project has one folder of pictures in the style and, for prior preservation, one of class images. Its own
pictures are cut to one size, so it needs no buckets; how captions are read while training (shuffled, dropped,
kept tokens) and how pictures are flipped are arguments of the trainer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from orchestrator.errors import PresetError
from orchestrator.training import configs, dataset_toml
from orchestrator.training.step_count import trained_size

if TYPE_CHECKING:
    from orchestrator.training.foreign import Imported

_AS_THEY_ARE = """
    alpha_mask caption_dropout_every_n_epochs caption_dropout_rate caption_prefix caption_separator
    caption_suffix caption_tag_dropout_rate color_aug enable_wildcard flip_aug keep_tokens
    keep_tokens_separator resize_interpolation secondary_separator shuffle_caption token_warmup_min
    token_warmup_step validation_seed validation_split
    """.split()  # noqa: SIM905 - twenty names are easier to look through as a paragraph
_ARGUMENTS = {"batch_size": "train_batch_size", **{name: name for name in _AS_THEY_ARE}}
_OF_A_STYLE = frozenset({"image_dir", "num_repeats", "resolution", "class_tokens", "is_reg", "subsets"})
_CAPTIONS = (".txt", ".caption")
_CUT = "a project cuts its pictures to the resolution itself"
_REASONS = {
    **dict.fromkeys(("enable_bucket", "bucket_reso_steps", "bucket_no_upscale"), _CUT),
    **dict.fromkeys(("min_bucket_reso", "max_bucket_reso"), _CUT),
    **dict.fromkeys(("random_crop", "face_crop_aug_range"), f"{_CUT}; style.crops makes closer looks"),
}
_SIDES = range(64, 4097, 8)  # as `style.resolution` takes them
_KOHYA = re.compile(r"(?:\d+_)?(?P<concept>.+)")
_WORD = re.compile(r"\w[\w-]*")

LookUp = Mapping[str, Any]


def taken_over(imported: Imported, file: Path) -> Imported:
    """Return imported settings with those of a dataset TOML, which go before the arguments.

    The first folder of pictures becomes the style, and the first one with `is_reg` the class images; what has
    no counterpart is told as left out.

    Raises:
        PresetError: it cannot be read, or holds nothing to learn.
        DatasetError: sd-scripts itself would not take it.
    """
    content = _content(file)
    folders = _folders(content, imported.arguments)
    style = next((place for place, look_up in folders.items() if not look_up.get("is_reg")), None)
    if style is None:
        raise PresetError("it names class images alone, and nothing to learn", where=str(file))
    regular = next((place for place, look_up in folders.items() if look_up.get("is_reg")), None)
    others = dict.fromkeys(folders.keys() - {style, regular}, "a project has one folder of pictures")
    more = {"class_images": _class_images(folders[regular], file)} if regular else {}
    before = {name: why for name, why in imported.left_out.items() if name != "resolution"}
    return replace(
        imported,
        preset=imported.preset | _arguments(folders[style]),
        training=imported.training | more,
        style=_style(folders[style], imported.arguments, file),
        left_out={**before, **dict(sorted(others.items())), **_left_out(folders[style])},
    )


def _content(file: Path) -> dict[str, Any]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise PresetError(f"this file cannot be read: {error}", where=str(file)) from error
    content = configs.parsed(text, str(file))
    dataset_toml.check(content, str(file))
    return content


def _folders(content: LookUp, arguments: LookUp) -> dict[str, LookUp]:
    """Return the look-up of each folder by its place; of the arguments only the resolution is looked up."""
    shared = {name: arguments[name] for name in ("resolution",) if name in arguments}
    return {
        f"datasets[{number}].subsets[{index}]": look_up
        for number, subsets in enumerate(dataset_toml.levels(content, shared))
        for index, look_up in enumerate(subsets)
    }


def _arguments(look_up: LookUp) -> dict[str, Any]:
    return {name: look_up[key] for key, name in _ARGUMENTS.items() if key in look_up}


def _style(look_up: LookUp, arguments: LookUp, file: Path) -> dict[str, Any]:
    words = look_up.get("class_tokens")
    trigger = _trigger(look_up, arguments)
    template = {"template": words.replace(trigger, "{trigger}", 1)} if words else {}
    sizes = {"resolution": list(trained_size(look_up))} if _has_size(look_up) else {}
    return {
        "from": {"images": _place(look_up, file)},
        "captions": {"trigger": trigger, **template},
        **sizes,
        "repeats": look_up.get("num_repeats", 1),
    }


def _trigger(look_up: LookUp, arguments: LookUp) -> str:
    """Return the word that calls the style up, which a dataset TOML does not name: the likeliest one."""
    concept = _KOHYA.fullmatch(PurePath(look_up["image_dir"]).name)
    likely = [look_up.get("class_tokens"), concept and concept["concept"], arguments.get("output_name")]
    found = (_WORD.search(str(each)) for each in likely if each)
    return next((word.group() for word in found if word), "mystyle")


def _class_images(look_up: LookUp, file: Path) -> dict[str, Any]:
    return {"folder": _place(look_up, file), "prompt": look_up.get("class_tokens") or _trigger(look_up, {})}


def _place(look_up: LookUp, file: Path) -> str:
    """Return an absolute folder: a relative one is taken from the working directory, or from the TOML's."""
    folder = Path(look_up["image_dir"]).expanduser()
    there = [base / folder for base in (Path.cwd(), file.absolute().parent) if (base / folder).is_dir()]
    return (there[0] if there else folder).as_posix()


def _has_size(look_up: LookUp) -> bool:
    return "resolution" in look_up and all(side in _SIDES for side in trained_size(look_up))


def _left_out(look_up: LookUp) -> dict[str, str]:
    strange = look_up.keys() - _ARGUMENTS.keys() - _OF_A_STYLE
    left_out = {key: _REASONS.get(key, "a project has nothing like it") for key in sorted(strange)}
    extension = look_up.get("caption_extension", _CAPTIONS[0])
    if extension in _CAPTIONS:
        left_out.pop("caption_extension", None)
    else:
        left_out["caption_extension"] = f"rename {extension} to {_CAPTIONS[0]}, which a project reads"
    if "resolution" in look_up and not _has_size(look_up):
        left_out["resolution"] = "sides are multiples of 8 from 64 to 4096: set style.resolution"
    return left_out
