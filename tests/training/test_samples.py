"""The pictures that a trainer paints on its way."""

from __future__ import annotations

from pathlib import Path

from orchestrator.training.samples import samples


def test_samples_come_in_the_order_of_time(tmp_path: Path) -> None:
    """Those of a training that went on are in a folder below; pictures to train on are no samples."""
    names = (
        "checkpoints/sample/x_000100_00_20260101000000_1.png",
        "checkpoints/from-100/sample/x_000050_00_20260102000000_1.png",
        "checkpoints/sample/x_e000001_00_20260101120000.png",
        "pictures/sample/0.png",
    )
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert [path.name[:9] for path in samples(tmp_path)] == ["x_000100_", "x_e000001", "x_000050_"]
