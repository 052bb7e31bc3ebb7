"""The base of everything that a user can set: frozen, and strict about names."""

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """A part of project.yaml: immutable, and an unknown key is a mistake, never ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
