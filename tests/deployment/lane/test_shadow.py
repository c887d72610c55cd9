"""The shadow: what ends it ends it, at whatever moment it comes."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from chainring.contracts.request import Request
from chainring.deployment.lane.shadow import Shadow


class Gated:
    """A lane that answers once its gate is open."""

    tag = "candidate"

    def __init__(self) -> None:
        self.gate = asyncio.Event()

    async def ask(self, requests: list[Request]) -> list[Any]:
        """Wait, then answer each."""
        await self.gate.wait()
        return [SimpleNamespace(answer=None, tag=self.tag) for _ in requests]


@pytest.mark.parametrize("steps", range(6))
def test_a_shadow_ends_whenever_it_is_closed_while_an_answer_comes(steps: int) -> None:
    async def closed() -> bool:
        lane = Gated()
        shadow = Shadow(most=8, busy=lambda: False, told=lambda *said: None)
        shadow.offer(lane, Request(text="hello"), about=None)  # type: ignore[arg-type]
        for _ in range(5):
            await asyncio.sleep(0)
        lane.gate.set()
        for _ in range(steps):
            await asyncio.sleep(0)
        closing = asyncio.get_running_loop().create_task(shadow.close())
        done, _ = await asyncio.wait([closing], timeout=2)
        return bool(done)

    assert asyncio.run(closed())
