"""The source part `web.v1`: a crawl within named hosts.

[[data.sources]]
name = "help"
use = "web.v1"
seeds = ["https://shop.example/help/"]
contact = "data@shop.example"
"""

from __future__ import annotations

from collections.abc import Callable

from chainring.data.harvest import Harvest
from chainring.data.sources.part import SourcePart
from chainring.data.sources.web.crawl import crawl
from chainring.data.sources.web.settings import WebSettings


def bring(settings: WebSettings, *, harvest: Harvest, say: Callable[[str], None]) -> None:
    """Bring the harvest of a site up to date."""
    crawl(settings, harvest=harvest, say=say)


WEB = SourcePart(settings=WebSettings, bring=bring)
