"""Decoding of CTranslate2, a step at a time.

Enters `translate_batch` or `generate_batch` of a network and the words of one text, leaves its
steps. CTranslate2's own `generate_tokens` decodes to the end in a worker of the network, whether
or not anybody takes what it wrote, and whoever asks next waits for it. Here the worker waits after
each step until the next is asked for: so long as it does, it holds one of the network's
`inter_threads` workers and no processor. A network needs a worker for each text that is open, and
one more for whole answers.

    with closing(steps(network.generate_batch, words, max_length=64)) as found:
        first = next(found)
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Sequence
from typing import Any

_LOOK_S = 0.1
"""How often it is seen whether a decoding broke off: one that does gives no more steps."""


def steps(
    decode: Callable[..., list[Any]], words: Sequence[str], **how: Any
) -> Generator[Any, None, None]:
    """Yield each step of a greedy decoding; it is computed when it is asked for, and not before.

    Closed before its end, it stops the decoding and waits for the worker.
    """
    done: queue.SimpleQueue[Any] = queue.SimpleQueue()
    asked, is_closed = threading.Semaphore(0), threading.Event()

    def callback(step: Any) -> bool:
        done.put(step)
        asked.acquire()
        return is_closed.is_set()

    (job,) = decode([list(words)], asynchronous=True, beam_size=1, callback=callback, **how)
    try:
        while (step := _next(done, job)) is not None:
            yield step
            if step.is_last:
                break
            asked.release()
    finally:
        is_closed.set()
        asked.release()
        job.result()


def _next(done: queue.SimpleQueue[Any], job: Any) -> Any:
    """Return the next step, or None where the decoding ended without one."""
    while True:
        try:
            return done.get(timeout=_LOOK_S)
        except queue.Empty:
            if job.done():
                return None
