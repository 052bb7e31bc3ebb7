from __future__ import annotations

import numpy as np

from orchestrator.media.contact_sheet import Cell, contact_sheet


def _plain(grey: int, width: int = 640) -> np.ndarray:
    return np.full((width // 2, width, 3), grey, np.uint8)


def test_every_picture_lies_in_its_place_with_its_words_below() -> None:
    """Cells stand in rows and columns, scaled down to one width; an empty place stays paper."""
    sheet = contact_sheet(
        [[Cell(_plain(10), "source"), Cell(_plain(60), "strength 0.3")], [None, Cell(_plain(110), "")]],
        width=100,
        footer="* the project's own",
    )
    assert sheet.shape == (8 + 2 * (50 + 20 + 8) + 20, 8 + 2 * (100 + 8), 3)
    centres = sheet[[33, 111]][:, [58, 166], 0]
    assert centres.tolist() == [[10, 60], [255, 110]]
    words = sheet[60:76]
    assert (words[:, 8:108] < 128).any()
    assert (words[:, 116:216] < 128).any()
    assert not (sheet[138:154, 116:216] < 128).any()
    assert (sheet[-18:] < 128).any()


def test_long_words_do_not_run_into_the_next_cell() -> None:
    """What does not fit below a picture is cut short."""
    sheet = contact_sheet([[Cell(_plain(255), "strength " * 40), Cell(_plain(255), "")]], width=100)
    assert not (sheet[:, 110:] < 128).any()
    assert (sheet[:, :108] < 128).any()


def test_small_pictures_are_not_enlarged() -> None:
    """The sheet shows no more than there is."""
    assert contact_sheet([[Cell(_plain(0, 40), "")]]).shape == (8 + 20 + 20 + 8, 8 + 40 + 8, 3)
