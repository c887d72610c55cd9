"""What a recipe can say about a crawl; most need `seeds` and `contact`.

WebSettings(seeds=("https://shop.example/help/",), contact="data@shop.example")
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from chainring.data.sources.web.urls import normal, place_of

Name = Annotated[str, Field(min_length=1)]
VERSION = "0.1"
BOT = "chainring"
_CONTACT = re.compile(r"(https?://\S+|[^\s@()]+@[^\s@()]+)", re.ASCII)
_HOST = re.compile(r"(\*\.)?[a-z0-9._-]+(:\d+)?|\[[0-9a-f:.]+\](:\d+)?")


class WebSettings(BaseModel):
    """Where a crawl begins, how far it goes, and how gently."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seeds: Annotated[tuple[Name, ...], Field(min_length=1)] = Field(
        description="addresses where the crawl begins"
    )
    contact: Name = Field(
        description="mail address or page of yours; every server is told whom to write to"
    )
    hosts: tuple[Name, ...] = Field(
        (), description='hosts to stay in: "a.example", "*.a.example", "a.example:8080"; else seeds'
    )
    sitemaps: bool = Field(True, description="read the sites' sitemaps too")
    allow_private: tuple[Name, ...] = Field(
        (), description='hosts of your own network that may be asked: ["127.0.0.1:8000"]'
    )
    delay_s: float = Field(
        1.0, ge=0, le=3600, description="least pause between two requests to one host"
    )
    timeout_s: float = Field(30.0, gt=0, le=600, description="limit of one page in all")
    max_pages: int = Field(1000, ge=1, description="pages asked for in one round over the site")
    max_depth: int = Field(5, ge=0, le=100, description="links between a seed and a page")
    max_mib: int = Field(512, ge=1, description="MiB of pages read in one round")
    max_page_kib: int = Field(4096, ge=1, le=1 << 20, description="KiB of one page, unpacked")
    max_minutes: float = Field(60.0, gt=0, description="limit of one run; the next one goes on")
    max_tries: int = Field(4, ge=1, le=20, description="tries of one page that fails for a while")
    parallel_hosts: int = Field(8, ge=1, le=64, description="hosts asked at once, each by one")
    titles: bool = Field(False, description="begin each text with the title of its page")

    @field_validator("seeds")
    @classmethod
    def _seeds_are_addresses(cls, seeds: tuple[str, ...]) -> tuple[str, ...]:
        faults = [seed for seed in seeds if normal(seed) is None]
        if faults:
            raise ValueError(f"no http or https address: {', '.join(map(repr, faults))}")
        return seeds

    @field_validator("contact")
    @classmethod
    def _somebody_answers(cls, contact: str) -> str:
        if not _CONTACT.fullmatch(contact):
            raise ValueError(f"{contact!r} is neither a mail address nor the address of a page")
        return contact

    @field_validator("hosts", "allow_private")
    @classmethod
    def _hosts_are_names(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        faults = [host for host in hosts if not _HOST.fullmatch(host)]
        if faults:
            shown = ", ".join(map(repr, faults))
            raise ValueError(f"no host: {shown}; write 'a.example' or 'a.example:8080'")
        return hosts

    @property
    def user_agent(self) -> str:
        """What every server reads: who asks, and whom to write to."""
        return f"{BOT}/{VERSION} (+{self.contact})"

    @property
    def within(self) -> tuple[str, ...]:
        """The hosts to stay in: those given, else those of the seeds."""
        return self.hosts or tuple(dict.fromkeys(place_of(normal(s) or "") for s in self.seeds))

    @property
    def max_page_bytes(self) -> int:
        """Bytes of one page, unpacked."""
        return self.max_page_kib * 1024
