"""The `regions` part of project.yaml: where which style applies."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias, TypeVar

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from orchestrator.settings import InputPath, Settings
from orchestrator.timeline import Moment

Share = Annotated[float, Field(ge=0, le=1)]
Percent = Annotated[float, Field(ge=0, le=100)]
Degrees = Annotated[float, Field(ge=0, le=360)]
Point = tuple[Share, Share]  # x and y as shares of width and height
T = TypeVar("T")


def _some(values: tuple[T, ...]) -> tuple[T, ...]:
    # pydantic's own min_length complains of items that it dropped for being wrong themselves
    if not values:
        message = "the list is empty; write at least one"
        raise ValueError(message)
    return values


Some = Annotated[tuple[T, ...], AfterValidator(_some)]


class Colour(Settings):
    """What has a colour.

    Attributes:
        colour: such as `#c02030`.
        within: how far a colour may be from it, as CIE 1976 ΔE; 2 is hardly seen, 100 is black to white.
    """

    colour: str = Field(pattern=r"^#[0-9a-fA-F]{6}$")
    within: float = Field(default=25, gt=0, le=400)


class HsvRange(Settings):
    """Ranges of hue, saturation and value, each with both ends.

    Attributes:
        hue: in degrees; from 350 to 20 goes through red.
        saturation: in percent.
        value: in percent.
    """

    hue: tuple[Degrees, Degrees] = (0, 360)
    saturation: tuple[Percent, Percent] = (0, 100)
    value: tuple[Percent, Percent] = (0, 100)


class Hsv(Settings):
    """What lies in a range of colours."""

    hsv: HsvRange


class Depth(Settings):
    """What is near or far.

    Attributes:
        depth: an ONNX model that tells depth from one picture.
        near: where it begins; 0 is the nearest of a frame, 1 the farthest.
        far: where it ends.
        output: whether the model's numbers grow with nearness (MiDaS, Depth Anything) or with distance.
        size: side of the model's input in pixels, where it leaves that open.
    """

    depth: InputPath
    near: Share = 0
    far: Share = 0.5
    output: Literal["disparity", "distance"] = "disparity"
    size: int = Field(default=518, ge=32, le=4096)

    @model_validator(mode="after")
    def _has_an_inside(self) -> Depth:
        if self.far <= self.near:
            message = f"far ({self.far:g}) must be more than near ({self.near:g})"
            raise ValueError(message)
        return self


class Text(Settings):
    """What a text describes.

    Attributes:
        text: such as `a red car`.
        model: a folder with a CLIPSeg model, as transformers saves it.
        threshold: how sure it must be.
    """

    text: str = Field(min_length=1)
    model: InputPath
    threshold: Share = 0.5


class MaskVideo(Settings):
    """A video whose frames are masks: white is inside."""

    video: InputPath


class MaskFolder(Settings):
    """A folder of pictures that are masks, white inside, with the frames' names (`000000.png` or `0.png`)."""

    masks: InputPath


class Corners(Settings):
    """A polygon at one time."""

    at: Moment = Field(default="0 frames", validate_default=True)
    points: tuple[Point, ...] = Field(min_length=3)


class Polygon(Settings):
    """A polygon, which may move: its corners go straight from key to key."""

    polygon: Some[Corners]

    @model_validator(mode="after")
    def _keeps_its_corners(self) -> Polygon:
        counts = {len(key.points) for key in self.polygon}
        if len(counts) > 1:
            message = f"every key needs as many points as the others, not {sorted(counts)}"
            raise ValueError(message)
        return self


class Pointing(Settings):
    """What is pointed at, at one time.

    Attributes:
        at: when.
        points: on it.
        elsewhere: points that are not on it.
        box: around it: left, top, right, bottom.
    """

    at: Moment = Field(default="0 frames", validate_default=True)
    points: tuple[Point, ...] = ()
    elsewhere: tuple[Point, ...] = ()
    box: tuple[Share, Share, Share, Share] | None = None

    @model_validator(mode="after")
    def _points_at_something(self) -> Pointing:
        if not self.points and self.box is None:
            message = "write `points: [[x, y]]` or `box: [left, top, right, bottom]`"
            raise ValueError(message)
        if self.box is not None and not (self.box[0] < self.box[2] and self.box[1] < self.box[3]):
            message = "a box is [left, top, right, bottom], as shares of width and height"
            raise ValueError(message)
        return self


class Sam(Settings):
    """What the user points at, found by Segment Anything and followed from there.

    Attributes:
        sam: a SAM model: its authors' `.pth` file, or a folder as transformers saves it.
        prompts: what is pointed at; a later one corrects what was followed until then.
    """

    sam: InputPath
    prompts: Some[Pointing]


class Matting(Settings):
    """What a matting model takes for the foreground.

    Attributes:
        matting: an ONNX model, such as ISNet, U²-Net, MODNet or RMBG.
        size: side of its input in pixels, where it leaves that open.
        mean: what its input is reduced by; red, green and blue from 0 to 1.
        deviation: what it is then divided by.
    """

    matting: InputPath
    size: int = Field(default=1024, ge=32, le=4096)
    mean: tuple[float, float, float] = (0.5, 0.5, 0.5)
    deviation: tuple[float, float, float] = (1.0, 1.0, 1.0)


Ready = Literal["person", "background", "everything"]
Named: TypeAlias = Colour | Hsv | Depth | Text | MaskVideo | MaskFolder | Polygon | Sam | Matting
Place: TypeAlias = Ready | Named

_KINDS: dict[str, type[Settings]] = {
    "colour": Colour,
    "hsv": Hsv,
    "depth": Depth,
    "text": Text,
    "video": MaskVideo,
    "masks": MaskFolder,
    "polygon": Polygon,
    "sam": Sam,
    "matting": Matting,
}


def _kind(value: Any) -> str | None:
    """Tell the member of the union by its key, so that a mistake inside it is told in its own terms."""
    if isinstance(value, str):
        return "Ready"
    keys = value if isinstance(value, dict) else getattr(type(value), "model_fields", ())
    named = [kind.__name__ for key, kind in _KINDS.items() if key in keys]
    return named[0] if len(named) == 1 else None


Where = Annotated[
    Annotated[Ready, Tag("Ready")]
    | Annotated[Colour, Tag("Colour")]
    | Annotated[Hsv, Tag("Hsv")]
    | Annotated[Depth, Tag("Depth")]
    | Annotated[Text, Tag("Text")]
    | Annotated[MaskVideo, Tag("MaskVideo")]
    | Annotated[MaskFolder, Tag("MaskFolder")]
    | Annotated[Polygon, Tag("Polygon")]
    | Annotated[Sam, Tag("Sam")]
    | Annotated[Matting, Tag("Matting")],
    Discriminator(
        _kind,
        custom_error_type="where",
        custom_error_message="write person, background, everything, or a mapping with one of "
        + ", ".join(_KINDS),
    ),
]


class PasteSettings(Settings):
    """What was painted stands before the background as it would be without it.

    Attributes:
        lama: a LaMa model, TorchScript (`.pt`) or ONNX, that paints what no frame shows; OpenCV's inpainting
            when left out.
    """

    lama: InputPath | None = None


class RegionSettings(Settings):
    """A part of the picture, and what becomes of it.

    Attributes:
        where: which part.
        style: the name of one of the project's `styles`; the project's own when left out.
        prompt: what to paint there; as in `stylize` when left out, as the next two.
        strength: how much is painted anew there.
        lora_weight: how strongly the LoRA acts there.
        invert: whether everything but this part is meant.
        grow: by how many pixels it is made larger; less than 0 makes it smaller.
        feather: over how many pixels its edge is softened.
        steady: how much of the mask is carried along the motion from frame to frame, 0 nothing to 1 all that
            can be trusted.
        paste: puts what was painted before a background without what was there; left out, the source stays
            around it.
    """

    where: Where
    style: str | None = None
    prompt: str | None = None
    strength: float | None = Field(default=None, ge=0, le=1)
    lora_weight: float | None = Field(default=None, ge=-4, le=4)
    invert: bool = False
    grow: int = Field(default=0, ge=-256, le=256)
    feather: float = Field(default=4, ge=0, le=256)
    steady: float = Field(default=0.7, ge=0, lt=1)
    paste: PasteSettings | None = None
