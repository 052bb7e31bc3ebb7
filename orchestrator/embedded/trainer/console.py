"""What the trainer says, in the words and on the streams of sd-scripts, so that one parser reads both.

Headings and files go to stdout, the bar and `model saved.` to stderr.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tqdm import tqdm

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from orchestrator.embedded.trainer.dataset_config import Dataset
    from orchestrator.embedded.trainer.pictures import Picture
    from orchestrator.embedded.trainer.schedule import Length


def use_utf8() -> None:
    """Write UTF-8 whatever the locale, and each line at once whatever reads it."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace", line_buffering=True)


def headings(
    pictures: Sequence[Picture], datasets: Sequence[Dataset], extent: Length, accumulated: int
) -> None:
    """Print how much there is to do."""
    training = sum(picture.repeats for picture in pictures if not picture.subset.is_reg)
    regularisation = sum(picture.repeats for picture in pictures if picture.subset.is_reg)
    print("running training / 学習開始")
    print(f"  num train images * repeats / 学習画像の数×繰り返し回数: {training}")  # noqa: RUF001 - as there
    print(f"  num reg images / 正則化画像の数: {regularisation}")
    print(f"  num batches per epoch / 1epochのバッチ数: {extent.batches}")
    print(f"  num epochs / epoch数: {extent.epochs}")
    sizes = ", ".join(str(dataset.batch_size) for dataset in datasets)
    print(f"  batch size per device / バッチサイズ: {sizes}")
    print(f"  gradient accumulation steps / 勾配を合計するステップ数 = {accumulated}")
    print(f"  total optimization steps / 学習ステップ数: {extent.steps}")


def epoch(number: int, extent: Length) -> None:
    """Print that an epoch begins; the first is number 1."""
    print(f"\nepoch {number}/{extent.epochs}")


def saving(file: Path) -> None:
    """Print which file is about to be written."""
    print(f"\nsaving checkpoint: {file}")


def note(text: str) -> None:
    """Say one line on stderr."""
    print(text, file=sys.stderr)


class Bar:
    """The bar of optimisation steps."""

    def __init__(self, bar: tqdm[None]) -> None:
        self._bar = bar

    def step(self, average_loss: float) -> None:
        """Count one step; `average_loss` is the mean over the last epoch's worth of steps."""
        self._bar.update(1)
        self._bar.set_postfix(avr_loss=average_loss)


@contextmanager
def steps(total: int) -> Iterator[Bar]:
    """Show the bar of `total` steps."""
    with tqdm(total=total, smoothing=0, desc="steps") as bar:
        yield Bar(bar)


def counted(items: Sequence[int], label: str) -> Iterator[int]:
    """Yield items and show how many are done."""
    yield from tqdm(items, desc=label)
