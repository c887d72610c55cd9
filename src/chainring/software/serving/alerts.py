"""Alerts: a signed POST to a webhook for each new case, until it is taken.

    Alerts(project).send()          # what is due; returns how many were taken

The body names the case, its kind and its reason in numbers; never a user's text. It is signed as
the Standard Webhooks specification asks (`webhook-id`, `webhook-timestamp`, `webhook-signature`:
`v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`), so that a receiver can check who sent
it and drop what it got before: the id stays the same over all tries.

A webhook is an address like a crawled page's: its host is looked up once, every address is checked
(no private network, no cloud's metadata), and no redirect is followed. What was tried stands in
the ledger: tries go on after a restart, each waiting twice as long as the one before, and of two
servers one sends.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chainring.contracts.case import Case
from chainring.contracts.errors import (
    ConflictError,
    InputError,
    MissingPackageError,
    NotAllowedError,
)
from chainring.contracts.said import Said
from chainring.store.newest import Newest

if TYPE_CHECKING:
    from chainring.deployment.alert_settings import AlertSettings
    from chainring.software.api import Project
    from chainring.store.ledger import Lease

log = logging.getLogger("chainring.alerts")

ALERT = "alert"
_ENCODED = "whsec_"
_FIRST_WAIT_S = 5.0
_LEASE_S = 150.0
"""Longer than one try may take; it is renewed before each."""
_LONGEST_WAIT_S = 3600.0
_MENDING_S = 600.0
"""How long what a setting keeps from being sent rests; no try is counted, a person mends it."""
_TOLD_WITHIN_S = 86_400.0
"""Cases from before are not told: whoever adds a webhook does not want the past."""

Post = Callable[[str, Mapping[str, str], bytes], int]
"""Sends headers and a body to an address and returns the status; raises OSError where it cannot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What was done to tell of a case: `state` is waiting, sent or given up."""

    case: str
    state: str = "waiting"
    tries: int = 0
    next_at: float = 0.0
    because: str = ""


class Alerts:
    """Sends what is due. `post` is replaced in tests that need no network."""

    def __init__(self, project: Project, *, post: Post | None = None) -> None:
        self._project = project
        self._settings: AlertSettings = project.ring.recipe.alerts
        self._post = post or pinned_post(self._settings)
        ledger = project.ring.ledger
        self._waiting = Newest(ledger, "case", Case, said=self._to_tell)
        self._alerts = Newest(ledger, ALERT, Alert, said=lambda alert: alert)

    def send(self, *, now: float | None = None) -> int:
        """Try every alert that is due; return how many were taken."""
        moment = time.time() if now is None else now
        if not self._settings.url or not self._due(moment):
            return 0  # a lease is written to the disk
        try:
            with self._project.ring.ledger.lease("alerts", ttl_s=_LEASE_S) as lease:
                return sum(self._tried(alert, lease, now=now) for alert in self._due(moment))
        except ConflictError:
            return 0  # another server is at it

    def _to_tell(self, case: Case) -> tuple[str, float] | None:
        wanted = case.kind in self._settings.kinds and case.state == "open"
        return (case.id, case.at) if wanted else None

    def _due(self, now: float) -> list[Alert]:
        known = {one.case: one for one in self._alerts.all()}
        cases = [one for one in self._waiting.all() if one is not None]
        pairs = [(at, known.get(name, Alert(case=name))) for name, at in cases]
        return [
            alert
            for at, alert in pairs
            if alert.state == "waiting"
            and alert.next_at <= now
            and (alert.next_at or now - at <= _TOLD_WITHIN_S)
        ]

    def _tried(self, alert: Alert, lease: Lease, *, now: float | None) -> bool:
        """Try one; receivers refuse what was signed minutes ago, and those before it may hang."""
        self._project.ring.ledger.renew(lease, ttl_s=_LEASE_S)
        case = self._project.ring.ledger.fact("case", alert.case, Case)
        if case is None:
            return False

        def moment() -> float:
            return time.time() if now is None else now

        body = _body(case)
        secret = os.environ.get(self._settings.secret_env, "")
        try:
            status = self._post(self._settings.url, signed(case.id, moment(), body, secret), body)
            because = "" if 200 <= status < 300 else f"answered {status}"
            after = self._after(alert, because, moment())
        except (NotAllowedError, InputError) as error:
            because = str(error)
            after = replace(alert, next_at=moment() + _MENDING_S, because=because)
        except OSError as error:
            because = str(error) or type(error).__name__
            after = self._after(alert, because, moment())
        self._project.ring.ledger.add_fact(ALERT, case.id, after, about=case.id)
        if because:
            log.warning("alert.failed state=%s case=%s because=%s", after.state, case.id, because)
        return not because

    def _after(self, alert: Alert, because: str, now: float) -> Alert:
        tries = alert.tries + 1
        if not because:
            return replace(alert, state="sent", tries=tries, because="")
        state = "given up" if tries >= self._settings.tries else "waiting"
        wait = min(_FIRST_WAIT_S * 2.0 ** (tries - 1), _LONGEST_WAIT_S)
        return replace(alert, state=state, tries=tries, next_at=now + wait, because=because)


def signed(identifier: str, at: float, body: bytes, secret: str) -> dict[str, str]:
    """Return the headers of an alert; without a secret it goes unsigned.

    >>> signed("case_1", 1.0, b"{}", "")["webhook-timestamp"]
    '1'
    """
    stamp = str(int(at))
    headers = {
        "content-type": "application/json",
        "webhook-id": identifier,
        "webhook-timestamp": stamp,
    }
    if secret:
        message = b".".join((identifier.encode(), stamp.encode(), body))
        mark = hmac.new(_key_of(secret), message, hashlib.sha256).digest()
        headers["webhook-signature"] = f"v1,{base64.b64encode(mark).decode()}"
    return headers


def _key_of(secret: str) -> bytes:
    """Return the key of a secret: that of the standard's libraries is base64 behind `whsec_`."""
    if not secret.startswith(_ENCODED):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(_ENCODED), validate=True)
    except ValueError as error:
        raise InputError(f"the secret behind {_ENCODED!r} is not base64; make it anew") from error


def _body(case: Case) -> bytes:
    told = {
        "type": f"case.{case.kind}",
        "case": case.id,
        "app": case.app,
        "kind": case.kind,
        "at": case.at,
        "about": case.opened_by,
        "because": case.because,
    }
    return json.dumps(told, ensure_ascii=False, sort_keys=True).encode()


def pinned_post(settings: AlertSettings) -> Post:
    """Return what posts to checked addresses only, follows nothing and ends in time."""

    def post(url: str, headers: Mapping[str, str], body: bytes) -> int:
        try:
            import httpcore

            from chainring.data.sources.web.address import system_resolver
            from chainring.data.sources.web.network import PinnedNetwork
        except ImportError as error:
            raise MissingPackageError(
                error.name or "httpcore",
                extra="serve",
                needed_for=Said("telling a webhook", zh="向 webhook 发送通知"),
            ) from error
        network = PinnedNetwork(
            resolver=system_resolver,
            allow_private=settings.allow_private,
            ends=time.monotonic() + settings.timeout_s,
        )
        target = httpcore.URL(url)
        try:
            with httpcore.HTTPConnection(target.origin, network_backend=network) as line:
                answer = line.request("POST", target, headers=list(headers.items()), content=body)
                return int(answer.status)
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
            raise OSError(f"{type(error).__name__}: {error}") from error

    return post
