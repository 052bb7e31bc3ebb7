"""A gate carried out: a suite, the WebUI that it names, and the metrics that it wants."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from pydantic import ValidationError

from orchestrator.errors import ProjectError
from orchestrator.gate.conditions import measured_content
from orchestrator.gate.drift import DRIFT
from orchestrator.gate.frames import filling
from orchestrator.gate.gate import gate
from orchestrator.gate.suite import PaintSettings, Suite
from orchestrator.media.filmstrip import filmstrip
from orchestrator.metrics.settings import ScoreSettings
from orchestrator.metrics.table import MetricName
from orchestrator.stages.probe_painter import ProbePainter, probe_painter
from orchestrator.stages.probe_scorer import ProbeScorer

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.gate.gate import Gated
    from orchestrator.progress import Progress
    from orchestrator.webui.payloads import Payload

    Frame = NDArray[np.uint8]

GateSuite = Suite[MetricName | Literal["drift"]]
"""A suite whose metrics are those that there are, and the drift from the baseline."""

_STYLE_PICTURES = 24


def gated(
    suite: Suite[Any],
    work: Path,
    *,
    baseline: Path | None,
    candidate: Path,
    bless: bool,
    progress: Progress,
) -> Gated:
    """Compare a candidate with a baseline; arguments and errors are those of `orchestrator.gate.gate.gate`.

    Raises:
        ModelFileError: a file is no LoRA, or of another family than the checkpoint.
        PresetError: the payload cannot be used.
    """
    from orchestrator.training import lora_file

    for lora in filter(None, (baseline, candidate)):
        lora_file.read(lora)  # a wrong path shows at once, before a WebUI is started
    scorer = scorer_of(suite)
    with painter_of(suite, work, progress) as painter:
        return gate(
            suite,
            painter,
            scorer,
            work,
            baseline=baseline,
            candidate=candidate,
            bless=bless,
            progress=progress,
        )


def painter_of(suite: Suite[Any], work: Path, progress: Progress) -> AbstractContextManager[ProbePainter]:
    """Return what paints a suite while its context lasts. Raises as `probe_painter`."""
    return probe_painter(
        suite.webui,
        _payload(suite.paint),
        suite.paint.prompt,
        model=suite.base_model,
        work=work,
        tell=progress.say,
    )


def scorer_of(suite: Suite[Any]) -> ProbeScorer:
    """Return what measures a suite.

    Raises:
        ProjectError: a metric lacks something, or cannot be measured here.
        MediaError, ImageError: the style cannot be read.
        ModelFileError: a network's weights are missing or of another kind.
        MissingPackage: a metric needs a package that is not installed.
    """
    settings = _score_settings(suite)
    if settings.needs_style and suite.style is None:
        raise ProjectError("a metric compares with the style, and the suite names none", where="style")
    style = _style(suite.style, suite.paint.size) if settings.needs_style and suite.style else None
    return ProbeScorer(settings, style, content=measured_content(suite))


def _payload(paint: PaintSettings) -> Payload:
    from orchestrator.webui import payloads

    own = {"negative_prompt": paint.negative_prompt, "denoising_strength": paint.strength}
    said = {name: value for name, value in own.items() if value is not None}
    return payloads.changed(payloads.load(paint.payload), **said)


def _score_settings(suite: Suite[Any]) -> ScoreSettings:
    asked = {
        "metrics": tuple(name for name in suite.metrics if name != DRIFT),
        "weights": suite.weights,
        "text": suite.paint.prompt,
    }
    try:
        return ScoreSettings.model_validate(asked)
    except ValidationError as error:
        mistakes = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise ProjectError(mistakes, where="metrics") from error


def _style(path: Path, size: tuple[int, int]) -> list[Frame]:
    """Return pictures of the style at the suite's size, spread evenly over what there is."""
    strip = filmstrip(path)
    every = max(1, strip.count // _STYLE_PICTURES)
    return [filling(each, size) for each in islice(strip.frames(), 0, every * _STYLE_PICTURES, every)]
