"""One comparison with a regression, a pass and an undecided metric, for what is written of it."""

from __future__ import annotations

from orchestrator.gate.data import Outcome, Row, Worst
from orchestrator.gate.differences import Picture
from orchestrator.gate.scorer import Meaning
from orchestrator.gate.side import Version
from orchestrator.gate.verdict import Judgement

VERSION_1 = Version("street-v1", "1" * 64)
VERSION_2 = Version("street-v2", "2" * 64)
VERSION_3 = Version("street-v3", "3" * 64)

OUTCOME = Outcome(
    suite="street",
    suite_hash="5" * 64,
    time="2026-05-01T10:00:00+00:00",
    baseline=VERSION_1,
    candidate=VERSION_2,
    verdict="regression",
    confidence=0.95,
    rows=(
        Row(
            "lpips",
            Meaning("LPIPS 0.1 to source (AlexNet)", "perceptual distance", "lower"),
            0.25,
            0.35,
            Judgement(0.1, (0.08, 0.12), 0.02, 8, 0.0078125, 1.0, 1.0, "regression", False, None),
            None,
        ),
        Row(
            "ssim",
            Meaning("SSIM to source", "", "higher"),
            0.75,
            0.8,
            Judgement(-0.05, (-0.0625, -0.0375), 0.01, 8, 1.0, 0.00390625, 0.0078125, "pass", True, None),
            None,
        ),
        Row(
            "warp_error",
            Meaning("Warp error", "squared colour, 0 to 1", "lower"),
            0.002,
            0.0025,
            Judgement(0.0005, (-0.001, 0.002), 0.001, 8, 1.0, 0.25, 1.0, "inconclusive", False, 5),
            40,
        ),
    ),
    worst=(
        Worst("lpips", Picture("corner", 1, 3), 0.25, 0.5, 0.25),
        Worst("lpips", Picture("bench", 2, 0), 0.25, 0.375, 0.125),
        Worst("ssim", Picture("bench", 1, 0), 0.75, 0.7, 0.05),
    ),
    conditions={"checkpoint": "tiny [abc]", "sampler": "Euler", "payload": "f" * 64},
)
