from __future__ import annotations

import asyncio

from chainring.deployment.http.demo import DemoVerbs
from chainring.deployment.http.verbs import Caller, Verbs


def test_the_demonstration_is_a_house_like_the_real_one_and_answers_the_same_each_time() -> None:
    house: Verbs = DemoVerbs()
    caller = Caller(role="operate")

    def ask() -> list[tuple[str, float]]:
        texts = ["Where is my parcel?", "退款什么时候到", "hello"]
        served = asyncio.run(house.predict(texts, episode="", author="", caller=caller))
        return [(s.prediction.label, s.prediction.confidence) for s in served]

    assert ask() == ask()
