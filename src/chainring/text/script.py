"""Traditional Chinese into simplified, by OpenCC.

Enters any text, leaves it with its Chinese in the other script; all else stays:

=========================================  ================
``simplified("開放中文轉換")``                 ``开放中文转换``
``simplified("滑鼠", profile="tw2sp")``      ``鼠标``
=========================================  ================

A profile ending in p also puts the words of one region for those of the other; the plain ones
change characters only. ``t2s`` is right where the origin is not known, ``tw2sp`` for texts that are
known to come from Taiwan, ``hk2s`` for Hong Kong.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from chainring.contracts.errors import MissingPackageError, UnknownNameError
from chainring.contracts.said import Said

TO_SIMPLIFIED = ("t2s", "tw2s", "tw2sp", "hk2s")

_LONE = re.compile("([\ud800-\udfff]+)")


def simplified(text: str, *, profile: str = "t2s") -> str:
    """Return `text` in simplified characters.

    Parameters
    ----------
    text
        Any text; what is simplified already stays.
    profile
        One of `TO_SIMPLIFIED`.

    Raises
    ------
    UnknownNameError
        When the profile is none of these.
    MissingPackageError
        When OpenCC is not installed.

    >>> simplified("滑鼠裡面"), simplified("滑鼠裡面", profile="tw2sp")
    ('滑鼠里面', '鼠标里面')
    """
    if profile not in TO_SIMPLIFIED:
        raise UnknownNameError("profile of Chinese script", profile, TO_SIMPLIFIED)
    convert = _converter(profile).convert
    if text.isascii():
        return text
    try:
        return str(convert(text))
    except UnicodeEncodeError:  # lone surrogates have no UTF-8: they stay as they are
        pieces = _LONE.split(text)
        return "".join(p if i % 2 else str(convert(p)) for i, p in enumerate(pieces))


@lru_cache(maxsize=8)
def _converter(profile: str) -> Any:
    try:
        import opencc
    except ImportError as error:
        raise MissingPackageError(
            "opencc",
            extra="data",
            needed_for=Said("changing the script of Chinese", zh="转换中文繁简"),
        ) from error
    return opencc.OpenCC(profile)
