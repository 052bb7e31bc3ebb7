"""What settings say of each frame."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.errors import PresetError, ProjectError
from orchestrator.stylization.course import Course, course
from orchestrator.stylization.engine import Look
from orchestrator.stylization.settings import StylizeSettings
from orchestrator.stylization.webui_engine import recipe
from orchestrator.timeline import Timeline

TIMES = Timeline.even(5, 25)


def of(**said: Any) -> Course:
    settings = StylizeSettings(payload="img2img-pocket", **said)
    return course(settings, recipe(settings), "bnny", TIMES)


def test_what_stays_is_one_look_for_all_frames() -> None:
    """What settings leave out comes from the payload, and the trigger word stands in its place."""
    seen = of(prompt="{trigger}, a street", strength=0.4, seed=7, lora_weight=0.5)
    assert {seen.look(index) for index in range(5)} == {Look("bnny, a street", "", 7, 0.4, 0.5)}
    assert {seen.blend(index) for index in range(5)} == {0.7}


def test_every_number_can_change_by_keys_formulas_and_deforums_strings() -> None:
    """Each frame has its own value, whole where it must be, and all of them in one look."""
    seen = of(
        strength="0: (0.2), 4: (0.6)",
        steps="10 + t",
        cfg_scale=[{"at": 0, "value": 1}, {"at": "100%", "value": 5}],
        lora_weight="t / 4",
        seed="7 + t",
        consistency={"mode": "flow", "blend": "0: (1), 4: (0)"},
    )
    looks = [seen.look(index) for index in range(5)]
    assert [round(look.strength, 6) for look in looks] == [0.2, 0.3, 0.4, 0.5, 0.6]
    assert [look.steps for look in looks] == [10, 11, 12, 13, 14]
    assert [look.cfg_scale for look in looks] == [1, 2, 3, 4, 5]
    assert [look.lora_weight for look in looks] == [0, 0.25, 0.5, 0.75, 1]
    assert [look.seed for look in looks] == [7, 8, 9, 10, 11]
    assert all(isinstance(look.seed, int) and isinstance(look.steps, int) for look in looks)
    assert [seen.blend(index) for index in range(5)] == [1, 0.75, 0.5, 0.25, 0]
    assert seen.boldest == looks[4]


def test_a_part_keeps_the_time_of_the_whole() -> None:
    """Frame 0 of a part that begins at frame 2 looks as frame 2 of the whole."""
    whole = of(strength="0: (0.2), 4: (0.6)", consistency={"blend": "0: (1), 4: (0)"})
    part = whole.part(range(2, 4))
    assert [part.look(index) for index in range(2)] == [whole.look(2), whole.look(3)]
    assert [part.blend(index) for index in range(2)] == [whole.blend(2), whole.blend(3)]


def test_a_value_out_of_bounds_is_told_with_its_frame() -> None:
    """A formula may leave the range of its number in this very clip."""
    with pytest.raises(ProjectError, match=r"at frame 4 it is 1\.2") as told:
        of(strength="0.3 * t")
    assert told.value.where == "stylize.strength"


def test_weights_of_controlnet_go_to_the_units_in_their_order() -> None:
    """More weights than the payload has units are a mistake that is told before anything is painted."""
    settings = StylizeSettings(payload="controlnet-tile", controlnet_weights=("0: (0.5), 4: (1)",))
    assert [course(settings, recipe(settings), "", TIMES).look(i).control_weights for i in (0, 4)] == [
        (0.5,),
        (1.0,),
    ]
    with pytest.raises(PresetError, match="2 weights, and the payload has 0 units"):
        recipe(StylizeSettings(payload="img2img-pocket", controlnet_weights=(1, 1)))


def test_controlnet_as_a_mode_adds_units_that_look_back() -> None:
    """Beside the payload's own; a payload that looks back by itself stays as it is."""
    mode = {"mode": "controlnet"}
    tile = recipe(StylizeSettings(payload="controlnet-tile", consistency=mode))
    assert [unit.image for unit in tile.controlnet] == ["init", "init", "previous"]
    own = recipe(StylizeSettings(payload="temporalnet"))
    assert recipe(StylizeSettings(payload="temporalnet", consistency=mode)) == own
    assert not recipe(StylizeSettings(payload="img2img-style")).controlnet
