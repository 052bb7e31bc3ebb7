"""The gate from LoRA files to a verdict, with a painter that takes milliseconds."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Generator, Iterable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from gate_fakes import INDIGO, FakePainter, Studio, other_setup, verdicts
from PIL import Image

from orchestrator.errors import DamagedArtifact, EffectMissing, ModelFileError, NotComparable, ProjectError
from orchestrator.gate.painter import Request
from orchestrator.gate.seeds import noise_seed
from orchestrator.gate.side import pictures_of
from orchestrator.stylization.engine import Painted

Answers = Generator[Painted, None, None]
KILLED = """
import sys, time
from pathlib import Path
from gate_fakes import FakePainter, Studio
class Slow(FakePainter):
    def paint(self, *asked):
        for answer in super().paint(*asked):
            time.sleep(0.005)
            yield answer
studio = Studio(Path(sys.argv[1]), Slow())
folder = studio.folder
studio.gate(studio.suite(seeds=(1, 2, 3)), folder / "good.safetensors", folder / "other.safetensors")
"""


def test_the_same_lora_passes_and_is_painted_once(studio: Studio) -> None:
    """Both sides are one by content: nine pictures are painted, and not a single difference is found."""
    good = studio.lora("good")
    copy = studio.folder / "copy.safetensors"
    copy.write_bytes(good.read_bytes())
    gated = studio.gate(studio.suite(), good, copy)
    assert gated.outcome.verdict == "pass"
    assert [row.judgement.worse for row in gated.outcome.rows] == [0.0, 0.0]
    assert (studio.painter.painted, gated.baseline.painted, gated.candidate.painted) == (9, 9, 0)
    assert gated.outcome.worst == ()


def test_forty_equal_trainings_are_hardly_ever_a_regression(studio: Studio) -> None:
    """A against A, painted with other noise each time: at most 2 of 40 are called a regression."""
    again = [studio.lora(f"again{index}") for index in range(41)]
    found = Counter(verdicts(studio, pairwise(again)))
    assert found["regression"] <= 2
    assert found["pass"] >= 30


@pytest.mark.parametrize(
    ("kind", "damage"),
    [
        ("half the weights", {"strength": 0.4}),
        ("too strong", {"strength": 1.25}),
        ("noise", {"noise": 60.0}),
        ("another style", {"tint": INDIGO}),
    ],
)
def test_damage_is_found(studio: Studio, kind: str, damage: dict[str, object]) -> None:
    """In 19 of 20 tries at least, whatever the damage."""
    pairs = [(studio.lora(f"good{index}"), studio.lora(f"bad{index}", **damage)) for index in range(20)]
    assert list(verdicts(studio, pairs)).count("regression") >= 19, kind


def test_an_improvement_passes_and_is_told(studio: Studio) -> None:
    """A LoRA with more of the style and as much structure is no regression, and what improved is said."""
    gated = studio.gate(studio.suite(), studio.lora("weak", strength=0.6), studio.lora("better"))
    style, structure = gated.outcome.rows
    assert gated.outcome.verdict == "pass"
    assert (style.judgement.improved, structure.judgement.verdict) == (True, "pass")


def test_too_much_luck_is_inconclusive_and_says_what_would_decide(studio: Studio) -> None:
    """Where pictures scatter more than the tolerance, it is told how many more would do."""
    gated = studio.gate(studio.suite(), studio.lora("a", luck=12.0), studio.lora("b", luck=12.0))
    style = gated.outcome.rows[0]
    assert (gated.outcome.verdict, style.judgement.verdict) == ("inconclusive", "inconclusive")
    assert style.more_frames is not None
    assert style.more_frames > 3
    assert style.more_frames == style.judgement.more_clips


def test_a_gate_costs_one_side(studio: Studio) -> None:
    """A second candidate against the same baseline paints its own pictures only, and measures these only."""
    suite, good = studio.suite(), studio.lora("good")
    studio.gate(suite, good, studio.lora("first"))
    studio.painter.painted = studio.scorer.scored = 0
    gated = studio.gate(suite, good, studio.lora("second"))
    assert (studio.painter.painted, studio.scorer.scored, gated.baseline.painted) == (9, 9, 0)


def test_another_measure_paints_nothing(studio: Studio) -> None:
    """A scorer of another version measures the kept pictures anew."""
    suite, good, other = studio.suite(), studio.lora("good"), studio.lora("other")
    studio.gate(suite, good, other)
    studio.painter.painted, studio.scorer.scored, studio.scorer.version = 0, 0, "fake 2"
    studio.gate(suite, good, other)
    assert (studio.painter.painted, studio.scorer.scored) == (0, 18)


def test_a_gate_that_broke_off_goes_on(studio: Studio) -> None:
    """Pictures that were finished are not painted again, and the outcome is that of a gate left alone."""
    suite, good, other = studio.suite(seeds=(1, 2)), studio.lora("good"), studio.lora("other")
    alone = studio.gate(suite, good, other, work="alone").outcome
    for more in (5, 15, 13):
        studio.painter = FakePainter(breaks_after=more)
        with pytest.raises(ConnectionError):
            studio.gate(suite, good, other)
    studio.painter = FakePainter()
    resumed = studio.gate(suite, good, other).outcome
    assert studio.painter.painted == 2 * 18 - (5 + 15 + 13)
    assert replace(resumed, time="") == replace(alone, time="")


def test_a_gate_that_is_killed_loses_one_picture_at_most(studio: Studio) -> None:
    """After kill -9 at whatever instant, what has its line in the journal is whole and is kept."""
    suite, good, other = studio.suite(seeds=(1, 2, 3)), studio.lora("good"), studio.lora("other")
    alone = studio.gate(suite, good, other, work="alone").outcome
    for kept in (1, 40):
        child = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(studio.folder)], cwd=Path(__file__).parent
        )
        while _lines(studio.folder) < kept and child.poll() is None:
            time.sleep(0.002)
        child.kill()
        child.wait()
        assert _lines(studio.folder) >= kept
    before = _lines(studio.folder)
    resumed = studio.gate(suite, good, other).outcome
    assert studio.painter.painted == 54 + 54 - before
    assert replace(resumed, time="") == replace(alone, time="")


def _lines(folder: Path) -> int:
    """Return how many whole lines the journals have."""
    return sum(path.read_bytes().count(b"\n") for path in folder.glob("work/results/*/painted.jsonl"))


def test_a_line_cut_short_costs_one_picture(studio: Studio) -> None:
    """What a kill leaves of a journal's last line is cut off, and that picture alone is painted again."""
    suite, good = studio.suite(), studio.lora("good")
    folder = studio.gate(suite, good, studio.lora("other")).baseline.kept.folder
    journal = folder / "painted.jsonl"
    journal.write_bytes(journal.read_bytes()[:-20])
    studio.painter.painted = 0
    studio.gate(suite, good, studio.lora("third"))
    assert studio.painter.painted == 1 + 9
    assert len([json.loads(line) for line in journal.read_text().splitlines()]) == 9


def test_a_picture_that_is_gone_is_painted_again(studio: Studio) -> None:
    """One that was lost comes back with the same pixels."""
    suite, good, other = studio.suite(), studio.lora("good"), studio.lora("other")
    kept = studio.gate(suite, good, other).baseline.kept
    lost = kept.path(pictures_of(suite)[4])
    before = lost.read_bytes()
    lost.unlink()
    studio.painter.painted = 0
    studio.gate(suite, good, other)
    assert (studio.painter.painted, lost.read_bytes()) == (1, before)


def test_a_picture_that_was_changed_is_not_measured(studio: Studio) -> None:
    """A kept picture with other pixels than were painted stops the gate."""
    suite, good, other = studio.suite(), studio.lora("good"), studio.lora("other")
    kept = studio.gate(suite, good, other).baseline.kept
    Image.new("RGB", (64, 64)).save(kept.path(pictures_of(suite)[0]))
    studio.scorer.version = "fake 2"
    with pytest.raises(DamagedArtifact, match="not the one that was painted"):
        studio.gate(suite, good, other)


def test_blessing_makes_the_baseline(studio: Studio) -> None:
    """Without --baseline, later gates compare with the LoRA blessed last, whose file they do not need."""
    suite, first = studio.suite(), studio.lora("first")
    with pytest.raises(ProjectError, match="no blessed baseline"):
        studio.gate(suite, None, first)
    studio.gate(suite, first, studio.lora("second"), bless=True)
    (studio.folder / "second.safetensors").unlink()
    studio.painter.painted = 0
    gated = studio.gate(suite, None, studio.lora("third"))
    assert (gated.outcome.baseline.name, studio.painter.painted) == ("second", 9)


def test_what_is_not_comparable_is_refused_before_painting(studio: Studio) -> None:
    """Another checkpoint, sampler, version or suite than the blessed one had: all that differs is named."""
    studio.gate(studio.suite(), studio.lora("first"), studio.lora("second"), bless=True)
    studio.painter = FakePainter(other_setup(checkpoint="other [def]", sampler="Heun", version="2.0"))
    with pytest.raises(NotComparable) as caught:
        studio.gate(studio.suite(seeds=(1, 2)), None, studio.lora("third"))
    assert studio.painter.painted == 0
    told = str(caught.value)
    for difference in (
        "checkpoint: baseline 'tiny [abc]', candidate 'other [def]'",
        "sampler: baseline 'Euler', candidate 'Heun'",
        "version: baseline '1.0', candidate '2.0'",
        "seeds: baseline '1', candidate '1, 2'",
    ):
        assert difference in told
    assert "scheduler" not in told
    assert "steps" not in told


def test_a_server_that_changes_between_the_sides_is_refused(studio: Studio) -> None:
    """The candidate painted with another sampler than the baseline, in one gate, is no comparison."""

    class Changing(FakePainter):
        def paint(self, lora: Path, weight: float, requests: Iterable[Request]) -> Answers:
            yield from super().paint(lora, weight, requests)
            self.setup = other_setup(sampler="Heun")

    studio.painter = Changing()
    with pytest.raises(NotComparable, match="sampler: baseline 'Euler', candidate 'Heun'"):
        studio.gate(studio.suite(), studio.lora("good"), studio.lora("other"))


def test_another_setup_paints_both_sides_again(studio: Studio) -> None:
    """With the baseline's file at hand nothing is refused, nor is anything taken from other conditions."""
    suite, good, other = studio.suite(), studio.lora("good"), studio.lora("other")
    studio.gate(suite, good, other)
    studio.painter = FakePainter(other_setup(steps=30))
    assert studio.gate(suite, good, other).outcome.conditions["steps"] == "30"
    assert studio.painter.painted == 18


def test_a_baseline_whose_pictures_are_gone_is_told(studio: Studio) -> None:
    """A blessed one without its folder, as after a lost cache, asks for its file."""
    kept = studio.gate(studio.suite(), studio.lora("first"), studio.lora("second"), bless=True).candidate.kept
    kept.path(pictures_of(studio.suite())[0]).unlink()
    with pytest.raises(NotComparable, match="not all pictures of the baseline second"):
        studio.gate(studio.suite(), None, studio.lora("third"))


def test_a_picture_of_another_size_is_refused(studio: Studio) -> None:
    """A painter that returns less than was asked for is found out."""

    class Smaller(FakePainter):
        def paint(self, lora: Path, weight: float, requests: Iterable[Request]) -> Answers:
            for _ in super().paint(lora, weight, requests):
                yield Painted(np.zeros((32, 64, 3), np.uint8), "")

    studio.painter = Smaller()
    with pytest.raises(EffectMissing, match="64x64 was asked for, and came as 64x32"):
        studio.gate(studio.suite(), studio.lora("good"), studio.lora("other"))


def test_a_metric_that_nothing_measures_is_told(studio: Studio) -> None:
    """Before anything is painted: a metric of the suite is never left out in silence."""
    studio.scorer.metrics = {"style": studio.scorer.metrics["style"]}
    with pytest.raises(ProjectError, match="nothing here measures structure"):
        studio.gate(studio.suite(), studio.lora("good"), studio.lora("other"))
    assert studio.painter.painted == 0


def test_a_missing_lora_is_told(studio: Studio) -> None:
    """By its path."""
    with pytest.raises(ModelFileError, match="there is no such LoRA"):
        studio.gate(studio.suite(), studio.folder / "none.safetensors", studio.lora("other"))


def test_each_clip_has_noise_of_its_own() -> None:
    """The seed differs from clip to clip and from seed to seed, and is the same at any time."""
    seeds = {noise_seed(seed, clip) for seed in range(10) for clip in ("corner", "bench", "bridge")}
    assert len(seeds) == 30
    assert noise_seed(1, "corner") == 3197460683
    assert all(0 <= seed < 2**32 for seed in seeds)


def test_clips_of_a_video_are_painted_frame_by_frame(studio: Studio, bikes: Path) -> None:
    """Every second frame of each, at the suite's size; a metric over time begins with the second one."""
    clips = {
        f"clip{start}": {"video": bikes, "start": start, "frames": 3, "every": 2}
        for start in range(0, 80, 10)
    }
    suite = studio.suite(pictures={}, clips=clips, metrics={"flicker": 2.0}, seeds=(1, 2))
    gated = studio.gate(suite, studio.lora("good"), studio.lora("other"))
    figures = gated.candidate.figures
    assert len(figures) == 8 * 2 * 3
    assert all((row["flicker"] is None) == (picture.frame == 0) for picture, row in figures.items())
    assert gated.outcome.verdict == "pass"
    assert gated.outcome.rows[0].judgement.clips == 8
