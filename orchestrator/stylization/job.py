"""How the frames of a clip come about: some are painted, and the others carried from those."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from orchestrator.media import decode
from orchestrator.stylization import plan
from orchestrator.stylization.batch import whole
from orchestrator.stylization.between import Carrying, stretches
from orchestrator.stylization.consistency import MODES
from orchestrator.stylization.consistency.colour import Tone, anchored, tone
from orchestrator.stylization.painting import paint
from orchestrator.stylization.steps import Step, steps

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.media.clip import Clip
    from orchestrator.media.flow import BothWays
    from orchestrator.stylization.between import Stretch
    from orchestrator.stylization.canvas import Canvas
    from orchestrator.stylization.consistency.carried import Motion
    from orchestrator.stylization.consistency.mode import Mode
    from orchestrator.stylization.course import Course
    from orchestrator.stylization.engine import Engine, Look, Painted
    from orchestrator.stylization.finish import Finished
    from orchestrator.stylization.settings import ConsistencySettings


@dataclass(frozen=True)
class Job:
    """What is to be made of a clip.

    Attributes:
        clip: the source.
        engine: what paints.
        course: how.
        canvas: what of a frame is painted, and at which size.
        consistency: what keeps frames alike.
        cuts: frames that begin a new shot, ascending.
        keys: the frames that are painted, ascending; each shot's first is among them.
        anchors: those that the others are carried from, ascending: the keys, and frames that show one again,
            so that a long hold makes no long way.
        missing: the frames that are not finished.
        finished: those that are.
        flows: measures optical flow.
        tones: the tone of the shot's first frame that was needed last, by its index.
    """

    clip: Clip
    engine: Engine
    course: Course
    canvas: Canvas
    consistency: ConsistencySettings
    cuts: Sequence[int]
    keys: Sequence[int]
    anchors: Sequence[int]
    missing: Collection[int]
    finished: Finished
    flows: BothWays
    tones: dict[int, Tone] = field(default_factory=dict)

    def run(self) -> None:
        """Make all frames. Raises OrchestrateError: of the engine, the source or the disk."""
        if self.consistency.repaint_strength:
            self._paint(())
            self._repaint()
        else:
            self._paint(self._stretches(self.missing))

    def _paint(self, due: Sequence[Stretch]) -> None:
        """Paint the keys, and have the frames of stretches follow as soon as they can."""
        todo = steps(
            self.clip,
            self._whole(self.keys),
            init=self.canvas.init,
            before=plan.predecessors(self.keys, self.cuts),
            measure=self._measure,
        )
        with closing(self._carrying(due)) as carrying:

            def finish(step: Step, painted: Painted) -> None:
                self._finish(step, painted)
                self._follow(carrying)

            self._follow(carrying)
            paint(self.engine, todo, self._look, finish, wanted=self.missing, previous=self._previous)

    def _repaint(self) -> None:
        """Carry the frames between anchors, all of which are finished, and paint them lightly over."""
        anchors = set(self.anchors)
        due = self._stretches(self._whole([each for each in range(self.clip.count) if each not in anchors]))
        carried_from = {index: stretch.keys for stretch in due for index in stretch.frames}

        def lightly(index: int) -> Look:
            return replace(self._look(index), strength=self.consistency.repaint_strength)

        def finish(step: Step, painted: Painted) -> None:
            frame = self.canvas.framed(painted.picture, step.frame)
            keys = carried_from[step.index]
            self.finished.commit(step.index, frame, lightly(step.index), painted.told, keys)

        with closing(self._carrying(due)) as carrying:
            todo = (Step(each.index, self.canvas.init(each.frame), each.source) for each in carrying.ready())
            paint(self.engine, todo, lightly, finish, wanted=self.missing, previous=self._previous)

    def _finish(self, step: Step, painted: Painted) -> None:
        """Commit a painted frame: in its shot's colours, steadied by the finished one painted before it."""
        frame, steady = self.canvas.framed(painted.picture, step.frame), self._mode.steady
        if self.consistency.colour == "anchored" and step.before is not None:
            frame = anchored(frame, step.frame, self._tone(plan.shot_start(step.index, self.cuts)))
        if steady and step.moved is not None and step.before is not None:
            before = self.finished.picture(step.before)
            blend = self.course.blend(step.index)
            frame = steady(frame, step.frame, before, step.moved, blend)
        self.finished.commit(
            step.index, self.canvas.within(frame, step.frame), self._look(step.index), painted.told
        )

    def _follow(self, carrying: Carrying) -> None:
        """Commit the frames that can be carried by now."""
        for each in carrying.ready():
            unpainted = replace(self._look(each.index), strength=0.0)
            frame = self.canvas.within(each.frame, each.source)
            self.finished.commit(each.index, frame, unpainted, keys=each.keys)

    def _tone(self, anchor: int) -> Tone:
        """Return the tone of a shot's first frame, which is finished."""
        if anchor not in self.tones:
            self.tones.clear()
            self.tones[anchor] = tone(decode.one(self.clip, anchor), self.finished.picture(anchor))
        return self.tones[anchor]

    def _previous(self, index: int) -> NDArray[np.uint8]:
        return self.canvas.init(self.finished.picture(index))

    def _whole(self, painted: Sequence[int]) -> list[int]:
        """Return which of some frames are to be painted: those missing, and with them their whole batches."""
        missing = (place for place, index in enumerate(painted) if index in self.missing)
        return [painted[place] for place in whole(missing, self.engine.batch, len(painted))]

    def _stretches(self, wanted: Collection[int]) -> tuple[Stretch, ...]:
        return tuple(stretches(self.clip.count, self.anchors, self.cuts, frozenset(wanted)))

    def _carrying(self, due: Sequence[Stretch]) -> Carrying:
        return Carrying(self.clip, due, self._mode.between, self.flows, self.finished)

    @property
    def _measure(self) -> Callable[[NDArray[np.uint8], NDArray[np.uint8]], Motion] | None:
        measure = self._mode.measure
        return None if measure is None else lambda before, now: measure(before, now, self.flows)

    def _look(self, index: int) -> Look:
        return plan.look(self.course.look(index), self.consistency, self.cuts, index)

    @property
    def _mode(self) -> Mode:
        return MODES[self.consistency.mode]
