from __future__ import annotations

import hashlib


def noise_seed(seed: int, clip: str) -> int:
    """Return the seed of the noise that a clip's pictures start from, 0 to 2**32 - 1.

    Every clip has noise of its own: were it shared, a seed that happens to suit one LoRA would sway all clips
    together, and they would be no independent evidence. Within a clip all frames share it, as in a painted
    video, and both LoRAs get the same.

    Args:
        seed: one of the suite's.
        clip: the clip's name.
    """
    digest = hashlib.sha256(f"{seed} {clip}".encode()).digest()
    return int.from_bytes(digest[:4], "big")
