"""Replicas of the server on Ray: the same application with the same routes, behind Ray's port.

    serve_replicas(Path("shop"), replicas=2, host="127.0.0.1", port=8000, say=print)

For more machines than one. Replicas of one project share its ledger and its traffic: on several
machines that is PostgreSQL.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainring.contracts.errors import ConflictError, InputError, MissingPackageError
from chainring.contracts.said import Said
from chainring.deployment.http import traces
from chainring.deployment.http.server import listener
from chainring.hardware.ray_cluster import imported, joined, processors
from chainring.software.api import Project
from chainring.software.serving.serve import LOOPBACK, Shared, application
from chainring.software.telling.command_words import say as words
from chainring.software.verbs.answering import share_threads

if TYPE_CHECKING:
    from starlette.applications import Starlette

CPUS = 1
"""Processors that Ray keeps for a replica: it has one inference lane, of so many threads."""
_BESIDE = 64
"""Requests that a replica takes beyond the texts that may wait: its own queue refuses them at once,
where Ray would hold them back without a word."""


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
        When it would listen beyond this machine or on a cluster that others use without any key,
        when the cluster has fewer processors than replicas are wanted, or the recipe names a
        certificate: Ray's port speaks plain HTTP.
    ConflictError
        When the port is in use, or Ray Serve runs there already: at another address, or with an
        application that answers in this one's place.
    MissingPackageError
        When the extra `ray-serve` is not installed, or `otel` where traces are to be sent.
    """
    project = Project.open(folder)
    try:
        recipe, keys = project.ring.recipe, project.keys()
    finally:
        project.close()
    place = host or recipe.deployment.host
    cluster = recipe.hardware.ray_address or os.environ.get("RAY_ADDRESS", "")
    is_own = cluster in ("", "local")
    if not is_own and not keys:
        raise InputError(
            "others can reach what a shared Ray cluster serves, and the project has no keys; make "
            "one with `chainring keys --make operate --name me` first"
        )
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
    ray, session = joined(workers=replicas, address=cluster)
    name = f"chainring-{recipe.project.name}"
    try:
        _require_processors(ray, replicas)
        ours = _begun(serve, name, place, taken)
        try:
            ingress = serve.ingress(built(folder.resolve(), local=is_own and place in LOOPBACK))()
            waiting = recipe.deployment.max_queue
            made = serve.deployment(ingress).options(
                num_replicas=replicas,
                ray_actor_options={"num_cpus": CPUS},
                max_ongoing_requests=waiting + _BESIDE,
                max_queued_requests=waiting,
                graceful_shutdown_timeout_s=recipe.deployment.drain_s + 5,
            )
            serve.run(made.bind(), name=name, route_prefix="/")
            yield f"http://{place}:{taken}"
        finally:
            if ours:
                serve.shutdown()
            else:
                serve.delete(name)
    finally:
        del session


def _require_processors(ray: Any, replicas: int) -> None:
    there = processors(ray)
    if replicas * CPUS > there:
        raise InputError(
            f"{replicas} replicas want a processor each and the Ray cluster has {there}: Ray would "
            "wait for more without end. Ask for fewer, or add nodes"
        )


def _begun(serve: Any, name: str, host: str, port: int) -> bool:
    """Start Ray Serve, or take the one that runs; return whether it was started here.

    Ray ignores the address that is asked for where Serve runs, and lets a second application take
    the place of the first without a word.
    """
    running = _controller()
    if running is None:
        listener(host=host, port=port).close()  # Ray tries for half a minute, and tells a traceback
        serve.start(http_options={"host": host, "port": port})
        return True
    http = running.http_config
    if (http.host, http.port) != (host, port):
        raise ConflictError(
            f"Ray Serve runs on this cluster already, at {http.host}:{http.port}, and not at "
            f"{host}:{port}; ask for that address (--host, --port), or for another cluster"
        )
    for other, facts in running.get_serve_details()["applications"].items():
        if other == name or facts["route_prefix"] == "/":
            raise ConflictError(
                f"the application {other!r} answers on this Ray cluster already and would be "
                "replaced; stop it first, or serve on another cluster"
            )
    return False


def _controller() -> Any:
    """Return the client of the Ray Serve that runs on the cluster; None where none does."""
    from ray.serve.context import _get_global_client

    return _get_global_client(raise_if_no_controller_running=False)


def built(folder: Path, *, local: bool) -> Callable[[], Starlette]:
    """Return what makes the application inside a replica; it lets go of all when that stops."""

    def replica() -> Starlette:
        held = ExitStack()
        shared = Shared(open_to_all=local)
        project = Project.open(folder)
        share_threads(project, CPUS)
        app = held.enter_context(application(project, shared=shared))
        lifespan = app.router.lifespan_context

        @asynccontextmanager
        async def until_stopped(app: Starlette) -> AsyncIterator[Any]:
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
