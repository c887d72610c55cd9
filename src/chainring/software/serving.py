"""`chainring serve`: the port first, then the model, then requests until it is told to stop."""

from __future__ import annotations

from collections.abc import Callable

from chainring.contracts.errors import InputError, MissingPackageError
from chainring.software.api import Project

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def serve_project(
    project: Project, *, host: str | None, port: int | None, say: Callable[[str], None]
) -> None:
    """Serve a project until SIGTERM or Ctrl-C.

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
        from chainring.deployment.http.app import create_app
        from chainring.deployment.http.logs import configure
        from chainring.deployment.http.server import address, listener, serve
        from chainring.deployment.http.traces import tracing
        from chainring.software.service import Service
    except ImportError as error:
        raise MissingPackageError(
            error.name or "fastapi", extra="serve", needed_for="serving"
        ) from (error)
    settings, observing = project.ring.recipe.deployment, project.ring.recipe.observing
    configure(observing.logs)
    tracer = tracing(app=project.app) if observing.traces else None
    place = host or settings.host
    local = place in LOOPBACK
    if not local and not project.keys():
        raise InputError(
            f"{place} can be reached from other machines and the project has no keys; make one "
            "with `chainring keys --make operate --name me` first"
        )
    taken = listener(host=place, port=settings.port if port is None else port)
    service = Service(project, open_to_all=local)
    say(f"{project.app} answers at {address(taken)} (Ctrl-C stops)")
    if local and not project.keys():
        say("no keys: everybody on this machine may ask and operate (`chainring keys --make ask`)")
    made = create_app(service, settings=settings, tracer=tracer, log_requests=observing.requests)
    try:
        serve(made, listener=taken, drain_s=settings.drain_s)
    finally:
        if tracer is not None:
            tracer.close()
