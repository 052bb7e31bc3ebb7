from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.dataset.settings import CaptionSettings


def template(picture: NDArray[np.uint8], settings: CaptionSettings, /) -> str:
    """Give every picture the same caption.

    What a caption does not name is learnt as part of the trigger word; so for a style, the less it names
    the more the style takes in.
    """
    del picture
    return settings.template.format(trigger=settings.trigger)
