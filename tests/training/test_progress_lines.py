from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.training.progress_lines import Done, Epoch, Event, NoData, Promised, Saving, Step, parse

BAR = "steps:  12%|█▎        | 1/8 [00:51<05:59, 51.37s/it, avr_loss=1.17]"


@pytest.mark.parametrize(
    ("piece", "event"),
    [
        (BAR, Step(1, 8, 1.17)),
        ("steps:   0%|          | 0/8 [00:00<?, ?it/s]", Step(0, 8, None)),
        ("steps:  50%|█████     | 4/8 [00:02<00:02,  2.00it/s, avr_loss=0.0812]", Step(4, 8, 0.0812)),
        (
            "steps:   1%|          | 10/1600 [1:00:00<159:00:00, 360.00s/it, avr_loss=9.1e-05]",
            Step(10, 1600, 9.1e-05),
        ),
        (
            f"{BAR}2026-01-02 03:04:05 INFO     text encoder is unfrozen    train_network.py:1",
            Step(1, 8, 1.17),
        ),
        ("epoch 1/2", Epoch(1, 2)),
        ("saving checkpoint: /out/my lora.safetensors", Saving("/out/my lora.safetensors")),
        ("2026-01-02 03:04:05 INFO     model saved.                  train_network.py:1700", Done()),
        ("No data found. Please verify arguments (train_data_dir must be the parent of folders)", NoData()),
        ("read caption:  33%|███▎      | 1/3 [00:00<00:00, 10.00it/s]", None),
        ("validation steps:  50%|█████     | 1/2 [00:00<00:00, 10.00it/s]", None),
        ("running training / 学習開始", None),
        ("  num batches per epoch / 1epochのバッチ数: 4", Promised("num batches per epoch", 4)),
        ("  total optimization steps / 学習ステップ数: 8", Promised("total optimization steps", 8)),
        ("  num epochs / epoch数: 2", None),
        ("", None),
    ],
)
def test_recorded_forms(piece: str, event: Event | None) -> None:
    """Every form that sd-scripts prints is told apart; other bars are none of ours."""
    assert parse(piece) == event


def test_a_loss_that_is_no_number_is_still_a_step() -> None:
    """NaN is handed on as NaN, and the step counts."""
    event = parse("steps:  12%|█▎  | 1/8 [00:51<05:59, 51.37s/it, avr_loss=nan]")
    assert isinstance(event, Step)
    assert event.step == 1
    assert event.loss != event.loss


@given(st.text() | st.text(alphabet="steps: %|/[]<>,=avr_lonif0123456789.e+-?it").map("steps: {}".format))
def test_no_text_breaks_it(piece: str) -> None:
    """Whatever a program prints, parsing never raises."""
    parse(piece)


@given(st.integers(0, 10**6), st.integers(1, 10**6), st.floats(0.001, 1000), st.floats(1e-6, 100))
def test_bars_of_any_size_are_read_back(step: int, total: int, rate: float, loss: float) -> None:
    """Counts and loss survive as tqdm formats them, at any rate."""
    figures = f"{rate:5.2f}s/it, avr_loss={loss:.3g}"
    bar = f"steps: {100 * step // total:3d}%|##| {step}/{total} [00:01<00:02, {figures}]"
    assert parse(bar) == Step(step, total, float(f"{loss:.3g}"))
