"""Vectors, texts piece by piece, models and keys of the demonstration, in memory."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from tests.deployment.http import demo_data

from chainring.contracts.act import Act
from chainring.contracts.dataset import Task
from chainring.contracts.errors import BusyError, InputError, UnknownNameError
from chainring.contracts.ids import new_id
from chainring.contracts.roles import ROLES
from chainring.contracts.values import Input
from chainring.deployment.http.offers import Begun, Embedded, ModelInfo
from chainring.deployment.http.privileges import Issued, KeyInfo, KeyWish

if TYPE_CHECKING:
    from chainring.deployment.http.verbs import Caller, Served

MODEL = "blake2b:4f1c9a7be2d05a31"
WIDTH = 8


class DemoOffers:
    """The verbs beside whole answers; `task` is what the demonstration says it was trained for."""

    task: Task = "classification"

    def begin_offers(self) -> None:
        """Begin without keys of its own making, and with room."""
        self.busy: BusyError | None = None
        self._issued: dict[str, KeyInfo] = {}
        self._acts: list[Act] = []

    async def embed(self, texts: Sequence[str], *, caller: Caller) -> Embedded:
        """Return numbers that depend on the text only."""
        vectors = [_vector(text) for text in texts]
        words = sum(len(text.split()) for text in texts)
        return Embedded(vectors=vectors, tokens=words, model=MODEL)

    async def stream(
        self, text: Input, *, episode: str, author: str, caller: Caller
    ) -> AsyncIterator[Begun | str | Served]:
        """Yield the answer word by word, then whole."""
        (served,) = await self.predict([text], episode=episode, author=author, caller=caller)
        yield Begun(id=served.prediction.id, model=MODEL)
        for word in served.prediction.value.replace("_", " ").split():
            yield word + " "
        yield served

    def models(self) -> list[ModelInfo]:
        """Return the one model."""
        labels = tuple(sorted(intent.label for intent in demo_data.INTENTS))
        can = ("embed", "stream")
        return [
            ModelInfo(
                id=MODEL,
                app="demo",
                task=self.task,
                form="bf16",
                engine="demo",
                labels=labels,
                capabilities=can,
            )
        ]

    def full(self) -> BusyError | None:
        """Return what a test has set."""
        return self.busy

    def list_keys(self, *, caller: Caller) -> list[KeyInfo]:
        """Return the keys made here."""
        return list(self._issued.values())

    def issue_key(self, wish: KeyWish, *, caller: Caller) -> Issued:
        """Make a key that opens nothing: the demonstration knows its own only."""
        role = next((name for name in ROLES if name == wish.role), None)
        if role is None or not wish.name.strip():
            raise InputError("no key was made", faults=["role or name: cannot be used"])
        now = time.time()
        key = KeyInfo(
            id=secrets.token_hex(6),
            role=role,
            name=wish.name,
            at=now,
            expires=None if wish.days is None else now + wish.days * 86400,
            only=wish.only,
            per_minute=wish.per_minute,
            per_day=wish.per_day,
        )
        self._issued[key.id] = key
        return Issued(secret=f"cr_demo_{key.id}", key=key)

    def rotate_key(self, key: str, *, grace_hours: float, caller: Caller) -> Issued:
        """Make another in its place."""
        old = self._known(key)
        fresh = replace(old, id=secrets.token_hex(6), replaces=old.id)
        self._issued[fresh.id] = fresh
        self._issued[old.id] = replace(old, expires=time.time() + grace_hours * 3600)
        return Issued(secret=f"cr_demo_{fresh.id}", key=fresh)

    def revoke_key(self, key: str, *, caller: Caller) -> KeyInfo:
        """End it."""
        self._issued[key] = replace(self._known(key), revoked=True)
        return self._issued[key]

    def acts(self, *, limit: int, caller: Caller) -> list[Act]:
        """Return who was refused."""
        return self._acts[::-1][:limit]

    def refused(self, caller: Caller, verb: str) -> None:
        """Note it."""
        self._acts.append(
            Act(
                id=new_id("act"),
                app="demo",
                at=time.time(),
                who=caller.name,
                role=caller.role,
                key=caller.key_id,
                verb=verb,
                action=verb,
                decision="denied",
            )
        )

    def _known(self, key: str) -> KeyInfo:
        if key not in self._issued:
            raise UnknownNameError("key", key, self._issued)
        return self._issued[key]

    if TYPE_CHECKING:  # the demonstration's own

        async def predict(
            self, texts: Sequence[Input], *, episode: str, author: str, caller: Caller
        ) -> list[Served]: ...


def _vector(text: str) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    found = np.frombuffer(hashlib.blake2b(text.encode(), digest_size=WIDTH).digest(), np.uint8)
    return (found.astype(np.float32) - 128.0) / 128.0
