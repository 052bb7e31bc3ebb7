"""Where requests come in: checked at once, painted one after another."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from orchestrator.embedded.webui import answers, options, plan
from orchestrator.embedded.webui.refusal import Refusal
from orchestrator.embedded.webui.state import State, Stop

if TYPE_CHECKING:
    from orchestrator.embedded.checkpoint import Components
    from orchestrator.embedded.webui.loras import LoraFolder
    from orchestrator.embedded.webui.painter import Painter
    from orchestrator.embedded.webui.wire import Painting


class Desk:
    """The server's settings and its one painter.

    Attributes:
        components: the model that is loaded.
        folder: the LoRAs.
        state: what is painted now.
        options: the settings.
    """

    def __init__(self, painter: Painter, folder: LoraFolder, state: State) -> None:
        self.components: Components = painter.components
        self.folder = folder
        self.state = state
        self.options = options.initial(self.components)
        self._painter = painter
        self._names = options.names(self.components)
        # a queue for paintings alone: first come, first served, and nothing else waits behind them
        self._easel = ThreadPoolExecutor(max_workers=1, thread_name_prefix="easel")

    def set_options(self, changes: dict[str, object]) -> None:
        """Change settings until the server ends.

        Raises:
            Refusal: as `Options.changed`.
        """
        self.options = self.options.changed(changes, self._names)

    async def paint(self, request: Painting) -> bytes:
        """Answer a request with pictures.

        Raises:
            Refusal: it asks for something that cannot be, or the server is ending.
            NotFinite: the model's numbers overflowed.
        """
        settings = self.options.changed(request.override_settings, self._names)
        made = await asyncio.to_thread(plan.make, request, settings, self.folder)
        answer = await asyncio.get_running_loop().run_in_executor(self._easel, self._paint, made)
        if not request.override_settings_restore_afterwards:
            self.options = settings
        return answer

    def _paint(self, made: plan.Plan) -> bytes:
        if self.state.stop is Stop.SERVER:
            raise Refusal("The server is ending", status=503)
        painted, loras = self._painter.paint(made)
        return answers.compose(made, painted, loras, self.components)
