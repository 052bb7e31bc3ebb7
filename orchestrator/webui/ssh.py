"""A folder on another machine, `ssh://[user@]host[:port]/path`, in a form that no program can take for more.

Host, user and path go to `sftp` and into its commands, where a leading `-` would be an option, a quote or
line break another command, and `*` a pattern. So each may hold only what cannot be mistaken.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

SCHEME = "ssh://"

_ADDRESS = re.compile(
    r"""ssh://
    (?: (?P<user> [A-Za-z0-9_] [A-Za-z0-9_.-]*) @ )?
    (?P<host> [A-Za-z0-9] [A-Za-z0-9.-]* | \[ [0-9A-Fa-f:.]+ \] )
    (?: : (?P<port> [0-9]{1,5}) )?
    (?P<path> / [\w\ .:+@,=/-]* )""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class SshAddress:
    """Where a folder is.

    Attributes:
        host: a name or number; IPv6 in brackets.
        path: from the machine's root.
        user: None for what the user's own ssh settings say.
        port: likewise.
    """

    host: str
    path: str
    user: str | None = None
    port: int | None = None

    @property
    def login(self) -> str:
        """What ssh connects to."""
        return f"{self.user}@{self.host}" if self.user else self.host

    def __str__(self) -> str:
        port = f":{self.port}" if self.port else ""
        return f"{SCHEME}{self.login}{port}{self.path}"


def parse(text: str) -> SshAddress:
    """Read an address. Raises ValueError with what one looks like."""
    found = _ADDRESS.fullmatch(text)
    port = int(found["port"]) if found and found["port"] else None
    if found is None or port == 0 or (port or 1) > 65535:  # noqa: PLR2004 - the last port there is
        raise ValueError(
            "must look like ssh://user@host:22/path/to/models/Lora; the path begins at the root, and holds"
            " letters, digits, spaces and any of _ . : + @ , = / -"
        )
    return SshAddress(found["host"], found["path"], found["user"], port)
