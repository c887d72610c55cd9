"""Replicas of the server on Ray: the same application with the same routes, behind Ray's port.

    serve_replicas(Path("shop"), replicas=2, host="127.0.0.1", port=8000, say=print)

For more machines than one. Replicas of one project share its ledger and its traffic: on several
machines that is PostgreSQL.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainring.contracts.errors import InputError, MissingPackageError
from chainring.contracts.said import Said
from chainring.deployment.http import traces
from chainring.hardware.ray_cluster import imported, joined
from chainring.software.api import Project
from chainring.software.command_words import say as words
from chainring.software.serving import LOOPBACK, Shared, application

if TYPE_CHECKING:
    from fastapi import FastAPI

CPUS = 1.0
"""Processors that Ray keeps for a replica: it has one inference lane."""


def serve_replicas(
    folder: Path,
    *,
    replicas: int,
    host: str | None,
    port: int | None,
    say: Callable[[str], None],
) -> None:
    """Serve a project by replicas on Ray until SIGTERM or Ctrl-C."""
    stop = threading.Event()
    with replicated(folder, replicas=replicas, host=host, port=port) as url:
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stop.set())
        say(words("replicas answer", replicas=replicas, address=url))
        stop.wait()


@contextmanager
def replicated(folder: Path, *, replicas: int, host: str | None, port: int | None) -> Iterator[str]:
    """Serve a project by replicas on Ray until the block ends; yield the url.

    Raises
    ------
    InputError
        When it would listen beyond this machine without any key, or the recipe names a
        certificate: Ray's port speaks plain HTTP.
    MissingPackageError
        When the extra `ray-serve` is not installed, or `otel` where traces are to be sent.
    """
    project = Project.open(folder)
    try:
        recipe, keys = project.ring.recipe, project.keys()
    finally:
        project.close()
    place = host or recipe.deployment.host
    if place not in LOOPBACK and not keys:
        raise InputError(
            f"{place} can be reached from other machines and the project has no keys; make one "
            "with `chainring keys --make operate --name me` first"
        )
    if recipe.deployment.tls_certificate is not None:
        raise InputError(
            "deployment.tls_certificate: Ray's port speaks plain HTTP; put a proxy with the "
            "certificate before it and take tls_certificate and tls_key out of the recipe, or "
            "serve without --replicas"
        )
    if recipe.observing.traces:
        traces.tracing(app=recipe.project.name).close()
    taken = recipe.deployment.port if port is None else port
    serve = _imported()
    _, session = joined(workers=replicas, address=recipe.hardware.ray_address)
    try:
        serve.start(http_options={"host": place, "port": taken})
        ingress = serve.ingress(built(folder.resolve(), local=place in LOOPBACK))()
        made = serve.deployment(ingress).options(
            num_replicas=replicas,
            ray_actor_options={"num_cpus": CPUS},
            max_ongoing_requests=recipe.deployment.max_queue,
            graceful_shutdown_timeout_s=recipe.deployment.drain_s + 5,
        )
        serve.run(made.bind(), name="chainring", route_prefix="/")
        yield f"http://{place}:{taken}"
    finally:
        serve.shutdown()
        del session


def built(folder: Path, *, local: bool) -> Callable[[], FastAPI]:
    """Return what makes the application inside a replica; it lets go of all when that stops."""

    def replica() -> FastAPI:
        held = ExitStack()
        shared = Shared(open_to_all=local)
        app = held.enter_context(application(Project.open(folder), shared=shared))
        lifespan = app.router.lifespan_context

        @asynccontextmanager
        async def until_stopped(app: FastAPI) -> AsyncIterator[Any]:
            with held:
                async with lifespan(app) as state:
                    yield state

        app.router.lifespan_context = until_stopped
        return app

    return replica


def _imported() -> Any:
    try:
        imported()
        from ray import serve
    except ImportError as error:
        raise MissingPackageError(
            "ray[serve]",
            extra="serve,ray-serve",
            needed_for=Said("serving by replicas", zh="以多个副本部署"),
        ) from error
    return serve
