"""Replicas of the server on Ray: the same application with the same routes, behind Ray's port.

    serve_replicas(Path("shop"), replicas=2, host="127.0.0.1", port=8000, say=print)

For more machines than one. Replicas of one project share its ledger and its traffic: on several
machines that is PostgreSQL.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chainring.contracts.errors import InputError, MissingPackageError
from chainring.hardware.ray_cluster import imported, joined
from chainring.software.api import Project
from chainring.software.serving import LIMITS_FILE, LOOPBACK

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
        say(f"{replicas} replicas answer at {url} (Ctrl-C stops)")
        stop.wait()


@contextmanager
def replicated(folder: Path, *, replicas: int, host: str | None, port: int | None) -> Iterator[str]:
    """Serve a project by replicas on Ray until the block ends; yield the url.

    Raises
    ------
    InputError
        When it would listen beyond this machine without any key.
    MissingPackageError
        When the extra `ray-serve` is not installed.
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
    taken = recipe.deployment.port if port is None else port
    serve = _imported()
    _, session = joined(workers=replicas, address=recipe.hardware.ray_address)
    try:
        serve.start(http_options={"host": place, "port": taken})
        built = serve.ingress(_built(folder.resolve(), place in LOOPBACK))()
        made = serve.deployment(built).options(
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


def _built(folder: Path, local: bool) -> Callable[[], Any]:
    """Return what makes the application inside a replica."""

    def application() -> Any:
        from chainring.deployment.http.app import create_app
        from chainring.deployment.http.limits import Limits
        from chainring.software.service import STORE_IS_AWAY, Service

        project = Project.open(folder)
        service = Service(project, open_to_all=local)
        return create_app(
            service,
            settings=project.ring.recipe.deployment,
            limits=Limits(folder / ".chainring" / LIMITS_FILE),
            passing=STORE_IS_AWAY,
        )

    return application


def _imported() -> Any:
    try:
        imported()
        from ray import serve
    except ImportError as error:
        raise MissingPackageError(
            "ray[serve]", extra="serve,ray-serve", needed_for="serving by replicas"
        ) from error
    return serve
