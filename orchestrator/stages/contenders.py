"""LoRAs that are tried against each other, in the WebUIs that paint with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from orchestrator.artifacts import LoraWeights
    from orchestrator.project import Project
    from orchestrator.stylization.webui_engine import Painter
    from orchestrator.webui.loras import InstalledLora


class Contenders:
    """Puts each LoRA into the WebUIs' folders when it is its turn, and takes the losers away at the end.

    Args:
        project: the settings.
        work: the folder for what is neither input nor output.
        loras: by the hash of their content.
        plain: the project's WebUIs.
    """

    def __init__(
        self, project: Project, work: Path, loras: Mapping[str, LoraWeights], plain: tuple[Painter, ...]
    ) -> None:
        self.plain = plain
        self._project = project
        self._work = work
        self._loras = loras
        self._holders: dict[str, tuple[Painter, ...]] = {}

    def holders(self, content_hash: str) -> tuple[Painter, ...]:
        """Return the WebUIs with a LoRA. Raises as `orchestrator.stages.installed.holding`."""
        from orchestrator.stages.installed import card, holding

        if content_hash not in self._holders:
            lora = self._loras[content_hash]
            about = card(self._project, lora)
            self._holders[content_hash] = tuple(
                holding(each, lora, self._project, self._work, name=self._project.name, card=about)
                for each in self.plain
            )
        return self._holders[content_hash]

    def conclude(self, winner: str, weight: float, current: str | None) -> InstalledLora:
        """Write down the weight that the winner is best used with, and return it as WebUIs know it.

        Args:
            winner: hash of its content.
            weight: its weight.
            current: hash of the LoRA that the project paints with now, which stays as well; None for none.
        """
        from orchestrator.stages.installed import lora_folder
        from orchestrator.webui.folder import folder
        from orchestrator.webui.loras import prefer
        from orchestrator.webui.prune import withdraw

        best = [painter.lora for painter in self.holders(winner) if painter.lora is not None]
        for painter, installed in zip(self.plain, best, strict=True):
            place = folder(lora_folder(painter.server.settings, self._work))
            prefer(installed, place, weight)
            for loser in self._loras.keys() - {winner, current}:
                withdraw(place, name=self._project.name, content_hash=loser)
        return best[0]
