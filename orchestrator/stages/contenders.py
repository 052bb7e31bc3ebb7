"""LoRAs that are tried against each other, in the WebUIs that paint with them."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from orchestrator.artifacts import LoraWeights
    from orchestrator.picking.candidate import Entrant
    from orchestrator.stages.material import Material
    from orchestrator.stylization.webui_engine import Painter
    from orchestrator.webui.loras import InstalledLora


class Contenders:
    """Puts each LoRA into the WebUIs' folders when it is its turn, and takes the losers away at the end.

    Args:
        material: what they are tried with.
        loras: what may be chosen.
        plain: the project's WebUIs.
    """

    def __init__(
        self, material: Material, loras: Mapping[Entrant, LoraWeights], plain: tuple[Painter, ...]
    ) -> None:
        self.plain = plain
        self._look = replace(material.look, lora_weight=material.look.lora_weight or 1.0)
        self._material = material
        self._loras = loras
        self._holders: dict[Entrant | None, tuple[Painter, ...]] = {}

    def holders(self, lora: Entrant | None) -> tuple[Painter, ...]:
        """Return the WebUIs with a LoRA, which is known to act, or with none.

        Raises:
            ModelFileError: the LoRA is certainly of another family than a WebUI's checkpoint.
            EffectMissing: it changes nothing.
            WebUIError: a WebUI does not see it, or failed.
            StorageError: a WebUI's folder does not take it.
        """
        from orchestrator.stylization.rehearsal import rehearse

        if lora not in self._holders:
            found = self.plain if lora is None else tuple(self._holder(each, lora) for each in self.plain)
            rehearse(found, self._look)
            self._holders[lora] = found
        return self._holders[lora]

    def conclude(self, winner: Entrant, weight: float, current: str | None) -> InstalledLora:
        """Write down the weight that the winner is best used with, and return it as WebUIs know it.

        Args:
            winner: the best LoRA.
            weight: its weight.
            current: hash of the LoRA that the project paints with now, which stays as well; None for none.
        """
        from orchestrator.stages.installed import lora_folder
        from orchestrator.webui.folder import folder
        from orchestrator.webui.loras import prefer

        best = [painter.lora for painter in self.holders(winner) if painter.lora is not None]
        for painter, installed in zip(self.plain, best, strict=True):
            prefer(installed, folder(lora_folder(painter.server.settings, self._material.work)), weight)
        stay = {winner.content_hash, current}
        self.withdraw([each for each in self._loras if each.content_hash not in stay])
        return best[0]

    def withdraw(self, loras: Iterable[Entrant]) -> None:
        """Take LoRAs that were put there by us out of the WebUIs' folders."""
        from orchestrator.stages.installed import lora_folder
        from orchestrator.webui.folder import folder
        from orchestrator.webui.prune import withdraw

        places = [folder(lora_folder(painter.server.settings, self._material.work)) for painter in self.plain]
        for lora, place in product(loras, places):
            withdraw(place, name=self._name(lora), content_hash=lora.content_hash)

    def _holder(self, painter: Painter, entrant: Entrant) -> Painter:
        from orchestrator.stages.fitting import check_lora_fits
        from orchestrator.stages.installed import card, holding

        lora = self._loras[entrant]
        check_lora_fits(lora, painter.server.client, painter.server.settings.checkpoint)
        about = None if entrant.step is None else card(self._material.project, lora, self._material.layer)
        return holding(painter, lora, self._material.work, name=self._name(entrant), card=about)

    def _name(self, entrant: Entrant) -> str:
        return entrant.name if entrant.step is None else self._material.layer.lora
