"""Starts a program as accelerate's launcher does: as a child, which a signal to the launcher spares."""

import subprocess
import sys

arguments = sys.argv[1:]
options, script = arguments[: arguments.index("no", 8) + 1], arguments[arguments.index("no", 8) + 1 :]
assert options[-2:] == ["--dynamo_backend", "no"], options
process = subprocess.Popen([sys.executable, *script])
if code := process.wait():
    raise subprocess.CalledProcessError(returncode=code, cmd=[sys.executable, *script])
