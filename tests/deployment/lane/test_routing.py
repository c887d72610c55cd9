"""Who is answered by whom: the same user by the same model, everywhere."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chainring.contracts.deployment import Deployment
from chainring.contracts.release import Release
from chainring.deployment.lane.routing import arm_of, unit_of

SECRET = b"5eed"
CANDIDATE = Deployment(
    app="shop",
    model="blake2b:new",
    form="",
    form_name="exact",
    engine="linear.v1",
    labels=(),
    threshold=0.5,
    verdict="",
    dataset="",
)
RELEASE = Release(
    id="rel_1",
    app="shop",
    stage="canary",
    candidate=CANDIDATE,
    champion="blake2b:old",
    champion_version=1,
    at=0.0,
    since=0.0,
    share=0.1,
)


def arms(release: Release, count: int = 20_000) -> list[str]:
    return [arm_of(release, unit=f"author {i}", keys=(), secret=SECRET) for i in range(count)]


def test_a_tenth_of_the_users_is_answered_by_the_candidate() -> None:
    assert arms(RELEASE).count("canary") / 20_000 == pytest.approx(0.1, abs=0.008)


def test_a_user_keeps_the_model_and_a_larger_share_takes_nobody_back() -> None:
    before, again = arms(RELEASE, 500), arms(RELEASE, 500)
    wider = arms(replace(RELEASE, share=0.5), 500)
    assert before == again
    assert all(b == "canary" for a, b in zip(before, wider, strict=True) if a == "canary")


def test_another_release_has_other_first_users() -> None:
    first, second = arms(RELEASE), arms(replace(RELEASE, id="rel_2"))
    both = sum(a == b == "canary" for a, b in zip(first, second, strict=True))
    assert both / 20_000 == pytest.approx(0.01, abs=0.004)


def test_in_the_shadow_and_after_the_end_the_champion_answers_everybody() -> None:
    assert set(arms(replace(RELEASE, stage="shadow", share=0.9), 200)) == {"champion"}
    assert set(arms(replace(RELEASE, stage="ended", share=0.9), 200)) == {"champion"}
    assert arm_of(None, unit="author 1", keys=(), secret=SECRET) == "champion"


def test_named_keys_and_no_others_are_answered_by_the_candidate() -> None:
    release = replace(RELEASE, stage="keys", keys=("4f0c",))
    assert arm_of(release, unit="author 1", keys=("4f0c", "4f0c"), secret=SECRET) == "canary"
    assert arm_of(release, unit="author 1", keys=("9b1d", "9b1d"), secret=SECRET) == "champion"
    assert arm_of(release, unit="author 1", keys=(), secret=SECRET) == "champion"


def test_a_rotated_key_is_known_by_the_first_that_it_replaces() -> None:
    release = replace(RELEASE, stage="keys", keys=("4f0c",))
    assert arm_of(release, unit="author 1", keys=("9b1d", "4f0c"), secret=SECRET) == "canary"


def test_the_author_is_the_unit_then_the_episode_then_the_text() -> None:
    assert unit_of(author="ann", episode="e1", text="hi") == "author ann"
    assert unit_of(author="", episode="e1", text="hi") == "episode e1"
    assert unit_of(author="", episode="", text="hi") == "text hi"
