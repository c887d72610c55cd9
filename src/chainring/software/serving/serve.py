"""`chainring serve`: the port first, then the model, then requests until it is told to stop."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainring.contracts.errors import InputError, MissingPackageError
from chainring.contracts.said import Said
from chainring.software.api import Project
from chainring.software.telling.command_words import say as words

if TYPE_CHECKING:
    from starlette.applications import Starlette

LOOPBACK = ("127.0.0.1", "localhost", "::1")
LIMITS_FILE = "limits"
SWITCH_S = 0.0005
"""How long one thread may hold the interpreter while another waits for it. With Python's own 5 ms
the thread of the model, which lets go of it for each batch, waited as long again for its return."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What the processes behind one port share: a folder in memory, and who may come in.

    `number` is this process's place among them; a lone one has no folder.
    """

    open_to_all: bool
    folder: Path | None = None
    number: int = 0


def serve_project(
    project: Project,
    *,
    host: str | None,
    port: int | None,
    say: Callable[[str], None],
    workers: int | None = None,
) -> None:
    """Serve a project until SIGTERM or Ctrl-C, by as many processes as the recipe says.

    Raises
    ------
    ConflictError
        When the port is in use.
    InputError
        When it would listen beyond this machine without any key.
    MissingPackageError
        When the extra `serve` is not installed.
    """
    try:
        from chainring.deployment.http.server import address, listener
    except ImportError as error:
        raise MissingPackageError(
            error.name or "fastapi", extra="serve", needed_for=Said("serving", zh="部署")
        ) from error
    settings = project.ring.recipe.deployment
    place = host or settings.host
    local = place in LOOPBACK
    if not local and not project.keys():
        raise InputError(
            f"{place} can be reached from other machines and the project has no keys; make one "
            "with `chainring keys --make operate --name me` first"
        )
    tls = tls_files(project)
    taken = listener(host=place, port=settings.port if port is None else port)
    many = settings.workers if workers is None else workers
    at = address(taken, tls=bool(tls))
    say(
        words(
            "answers in processes" if many > 1 else "answers at",
            app=project.app,
            address=at,
            many=many,
        )
    )
    if local and not project.keys():
        say(words("no keys"))
    if many > 1:
        from chainring.software.serving.workers import serve_by_many

        serve_by_many(project, taken, workers=many, open_to_all=local, say=say)
    else:
        answer(project, taken, shared=Shared(open_to_all=local))


def answer(project: Project, taken: socket.socket, *, shared: Shared) -> None:
    """Answer requests of a listening socket in this process until it is told to stop."""
    from chainring.deployment.http.server import serve

    recipe = project.ring.recipe
    drain_s, logs = recipe.deployment.drain_s, recipe.observing.logs
    with application(project, shared=shared) as made:
        serve(made, listener=taken, drain_s=drain_s, logs=logs, **tls_files(project))


@contextmanager
def application(project: Project, *, shared: Shared) -> Iterator[Starlette]:
    """Yield a project's application, with logs and traces as its recipe says."""
    from chainring.deployment.http.app import create_app
    from chainring.deployment.http.idempotency import Remembered
    from chainring.deployment.http.limits import Limits
    from chainring.deployment.http.logs import configure
    from chainring.deployment.http.siblings import Siblings
    from chainring.deployment.http.traces import tracing
    from chainring.hardware.memory import keep_freed_memory
    from chainring.software.serving.service import Service
    from chainring.software.verbs.turning import STORE_IS_AWAY

    keep_freed_memory()
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_S)
    settings, observing = project.ring.recipe.deployment, project.ring.recipe.observing
    configure(observing.logs)
    tracer = tracing(app=project.app) if observing.traces else None
    limits = Limits(project.folder / ".chainring" / LIMITS_FILE)
    siblings = None if shared.folder is None else Siblings(shared.folder, shared.number)
    try:
        yield create_app(
            Service(project, open_to_all=shared.open_to_all, siblings=siblings),
            settings=settings,
            tracer=tracer,
            log_requests=observing.requests,
            limits=limits,
            remembered=Remembered(shared.folder),
            siblings=siblings,
            passing=STORE_IS_AWAY,
        )
    finally:
        sys.setswitchinterval(before)
        limits.close()
        if tracer is not None:
            tracer.close()


def tls_files(project: Project) -> dict[str, Any]:
    """Return where certificate and key lie, for uvicorn; nothing where HTTP is spoken.

    Raises
    ------
    InputError
        When one of them cannot be read, or they do not belong together.
    """
    settings = project.ring.recipe.deployment
    if settings.tls_certificate is None or settings.tls_key is None:
        return {}
    import ssl

    certificate = project.folder / settings.tls_certificate
    key = project.folder / settings.tls_key
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise InputError(
            f"deployment.tls_certificate and tls_key cannot be used ({error}); name a PEM file of "
            "the certificate chain and one of its key"
        ) from error
    return {"ssl_certfile": str(certificate), "ssl_keyfile": str(key)}
