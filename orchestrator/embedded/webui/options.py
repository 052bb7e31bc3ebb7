"""The server's settings, `/sdapi/v1/options`: those that mean something here, by the WebUI's names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from orchestrator.embedded.webui.refusal import Refusal

if TYPE_CHECKING:
    from orchestrator.embedded.checkpoint import Components

_SHORT_HASH = 10


class Options(BaseModel):
    """What can be set by POST options, or for one request by override_settings.

    A setting with one possible value is there because clients send it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    sd_model_checkpoint: str
    sd_checkpoint_hash: str
    sd_vae: Literal["Automatic", "None"] = "Automatic"
    CLIP_stop_at_last_layers: int = Field(default=1, ge=1, le=12)
    initial_noise_multiplier: float = Field(default=1.0, ge=0, le=10)
    samples_format: Literal["png"] = "png"
    enable_pnginfo: Literal[True] = True
    eta_noise_seed_delta: Literal[0] = 0
    randn_source: Literal["CPU"] = "CPU"
    img2img_color_correction: Literal[False] = False
    img2img_background_color: Literal["#ffffff"] = "#ffffff"
    live_previews_enable: Literal[False] = False

    def changed(self, changes: dict[str, Any], names: frozenset[str]) -> Options:
        """Return the options with some of them changed.

        Args:
            changes: new values.
            names: what the one loaded checkpoint may be called.

        Raises:
            Refusal: an unknown option, a value it cannot have, or another checkpoint.
        """
        asked = changes.get("sd_model_checkpoint", self.sd_model_checkpoint)
        if asked not in names:
            raise Refusal(
                f"Checkpoint not found: {asked!r}. The one that is loaded is {self.sd_model_checkpoint!r}"
            )
        if changes.get("sd_checkpoint_hash", self.sd_checkpoint_hash) != self.sd_checkpoint_hash:
            raise Refusal(f"Checkpoint not found: {changes['sd_checkpoint_hash']!r}")
        try:
            return Options.model_validate(
                {**self.model_dump(), **changes, "sd_model_checkpoint": self.sd_model_checkpoint}
            )
        except ValidationError as error:
            first = error.errors()[0]
            raise Refusal(f"Setting {'.'.join(map(str, first['loc']))!r}: {first['msg']}") from error


def model_hash(components: Components) -> str:
    """Return the 10 digits that infotext shows."""
    return components.sha256[:_SHORT_HASH]


def title(components: Components) -> str:
    """Return what lists call the checkpoint."""
    return f"{components.name} [{model_hash(components)}]"


def names(components: Components) -> frozenset[str]:
    """Return all that the checkpoint may be called."""
    short = model_hash(components)
    return frozenset(
        {title(components), components.name, f"{components.name}.safetensors", short, components.sha256}
    )


def initial(components: Components) -> Options:
    """Return the options that the server starts with."""
    return Options(sd_model_checkpoint=title(components), sd_checkpoint_hash=components.sha256)
