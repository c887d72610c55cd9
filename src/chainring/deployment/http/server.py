"""The running server: a port taken first, requests served, a stop that loses nothing.

    with listener(host="127.0.0.1", port=8000) as taken:
        serve(create_app(verbs, settings=settings), listener=taken)

On SIGTERM or Ctrl-C readiness turns to 503, no new connection is taken, what was begun is answered,
and `verbs.stop()` runs. Logs name routes, classes and places in the source; never a user's text.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import functools
import logging
import signal
import socket
import threading
import time
import traceback
from collections.abc import Iterator
from types import FrameType
from typing import Any, Literal

import uvicorn
from starlette.applications import Starlette

from chainring.contracts.errors import ConflictError, InputError
from chainring.deployment.http.patience import HEAD_TIMEOUT_S, MAX_HEAD_BYTES, patient

_BACKLOG = 2048

LogForm = Literal["text", "json"]


def listener(*, host: str, port: int) -> socket.socket:
    """Return a socket that listens; take it before a model is loaded.

    Raises
    ------
    ConflictError
        When the port is in use.
    InputError
        When the address cannot be used at all.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        taken = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise _no_port(host, port, error) from None
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((host, port))
        taken.listen(_BACKLOG)
    except OSError as error:
        taken.close()
        raise _no_port(host, port, error) from None
    return taken


def _no_port(host: str, port: int, error: OSError) -> Exception:
    if error.errno == errno.EADDRINUSE:
        return ConflictError(
            f"port {port} of {host} is in use by another program; stop that, or choose another "
            f"port with --port {port + 1 if port < 65535 else 8000} (0 takes a free one)"
        )
    if error.errno == errno.EACCES:
        return InputError(
            f"port {port} of {host} is reserved for the system; choose one above 1023: --port 8000"
        )
    return InputError(
        f"cannot listen on {host}, port {port}: {error.strerror}; "
        "choose an address of this machine, such as --host 127.0.0.1"
    )


def address(taken: socket.socket, *, tls: bool = False) -> str:
    """Return the URL of a listening socket."""
    scheme = "https" if tls else "http"
    host, port = taken.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def serve(
    app: Starlette,
    *,
    listener: socket.socket,
    drain_s: float = 10.0,
    keep_alive_s: int = 20,
    head_timeout_s: float = HEAD_TIMEOUT_S,
    max_head_bytes: int = MAX_HEAD_BYTES,
    max_connections: int = 4096,
    logs: LogForm = "text",
    **tls: Any,
) -> None:
    """Serve until SIGTERM or Ctrl-C.

    Parameters
    ----------
    app
        The application of `create_app`.
    listener
        The socket of `listener()`; closed at the end.
    drain_s
        How long requests that were begun may take to be answered when the server stops.
    keep_alive_s
        How long an idle connection is kept.
    head_timeout_s, max_head_bytes
        How long a request's head may take, and the handshake of TLS before it; how long it may be.
    max_connections
        Connections beyond these are answered 503.
    logs
        Form of what uvicorn logs; that of our own lines is the matter of `logs.configure`.
    tls
        `ssl_certfile` and `ssl_keyfile` of uvicorn, for HTTPS.
    """
    server(
        app,
        drain_s=drain_s,
        keep_alive_s=keep_alive_s,
        head_timeout_s=head_timeout_s,
        max_head_bytes=max_head_bytes,
        max_connections=max_connections,
        logs=logs,
        **tls,
    ).run(sockets=[listener])


@contextlib.contextmanager
def running(app: Starlette, *, host: str = "127.0.0.1", **limits: Any) -> Iterator[str]:
    """Serve in a thread on a free port while the block runs: for notebooks and tests.

    with running(create_app(verbs, settings=DeploymentSettings())) as url:
        httpx.post(f"{url}/v1/predict", json={"text": "Where is my parcel?"})
    """
    with listener(host=host, port=0) as taken:
        url, one = address(taken), server(app, **limits)
        thread = threading.Thread(target=one.run, kwargs={"sockets": [taken]}, daemon=True)
        thread.start()
        while thread.is_alive() and not one.started:
            time.sleep(0.005)
        try:
            yield url
        finally:
            one.should_exit = True
            thread.join()


def server(
    app: Starlette,
    *,
    head_timeout_s: float = HEAD_TIMEOUT_S,
    logs: LogForm = "text",
    **limits: Any,
) -> Server:
    """Return the server that `serve` runs, for those who run it in a thread of their own."""
    protocol = patient(
        head_timeout_s=head_timeout_s,
        max_head_bytes=limits.pop("max_head_bytes", MAX_HEAD_BYTES),
    )
    return Server(
        uvicorn.Config(
            app,
            http=protocol,
            ws="none",
            loop="auto",
            lifespan="on",
            access_log=False,
            log_config=logging_of(logs),
            log_level="warning",
            server_header=False,
            backlog=_BACKLOG,
            timeout_keep_alive=limits.pop("keep_alive_s", 20),
            timeout_graceful_shutdown=max(1, round(limits.pop("drain_s", 10.0))),
            limit_concurrency=limits.pop("max_connections", 4096),
            **limits,
        ),
        handshake_timeout_s=head_timeout_s,
    )


class Server(uvicorn.Server):
    """uvicorn, which says that it drains and ends in peace after the signal that stopped it."""

    def __init__(self, config: uvicorn.Config, *, handshake_timeout_s: float) -> None:
        super().__init__(config)
        self._handshake_timeout_s = handshake_timeout_s

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen; uvicorn leaves the time of a handshake to the loop, which gives 60 s."""
        loop = asyncio.get_running_loop()
        if self.config.ssl is not None:
            loop.create_server = functools.partial(  # type: ignore[method-assign]
                loop.create_server, ssl_handshake_timeout=self._handshake_timeout_s
            )
        await super().startup(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop; a second Ctrl-C stops at once.

        A second SIGTERM does not: a service manager tells a worker, and so does its parent.
        """
        app = self.config.app
        if isinstance(app, Starlette):
            app.state.draining = True
        if self.should_exit and sig == signal.SIGINT:
            self.force_exit = True
        self.should_exit = True


class PlacesOnly(logging.Formatter):
    """Writes of an exception its class and places; its message might hold a user's text."""

    def formatException(self, ei: Any) -> str:
        """Return class and places of an exception."""
        return placed(ei[1])


def placed(error: BaseException) -> str:
    """Return `KeyError at lane.py:71, app.py:12` for an exception."""
    frames = traceback.extract_tb(error.__traceback__)[::-1]
    places = ", ".join(f"{f.filename.rpartition('/')[2]}:{f.lineno}" for f in frames[:12])
    return f"{type(error).__name__} at {places}"


_FORMATTERS: dict[LogForm, dict[str, str]] = {
    "text": {
        "()": "chainring.deployment.http.server.PlacesOnly",
        "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
    },
    "json": {"()": "chainring.deployment.http.logs.JsonLines"},
}


def logging_of(form: LogForm) -> dict[str, Any]:
    """Return how uvicorn logs, in the form that our own lines have."""
    handler = {
        "class": "logging.StreamHandler",
        "formatter": form,
        "stream": "ext://sys.stderr",
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": _FORMATTERS,
        "handlers": {"stderr": handler},
        "loggers": {"uvicorn": {"handlers": ["stderr"], "level": "WARNING", "propagate": False}},
    }
