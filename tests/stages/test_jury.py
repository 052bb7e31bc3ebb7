"""Who judges a LoRA while it is trained."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from orchestrator.progress import Silent
from orchestrator.stages import installed, jury
from orchestrator.stages.jury import Jury


def test_a_training_that_fails_leaves_no_loras_in_the_webui(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was put there to be looked at goes again, also when the training ends with an error."""
    withdrawn: list[object] = []
    contenders = SimpleNamespace(withdraw=withdrawn.append)
    stage: Any = None
    project: Any = None
    source: Any = None
    monkeypatch.setattr(installed, "painting_plainly", lambda *_: nullcontext(()))
    monkeypatch.setattr(jury, "survey", lambda _: None)
    monkeypatch.setattr(jury, "Material", lambda *_: SimpleNamespace(layer=None))
    monkeypatch.setattr(jury, "frames_to_try", lambda *_: (0,))
    monkeypatch.setattr(jury, "auditions", lambda *_: None)
    monkeypatch.setattr(jury, "Contenders", lambda *_: contenders)
    judges = Jury(project, Path(), source, stage, stage, probes=1, patience=1)
    with pytest.raises(KeyboardInterrupt), judges.at_work(lambda _: None, Silent()):  # type: ignore[arg-type, return-value]
        raise KeyboardInterrupt
    assert withdrawn == [{}]
