"""The stage answers as `normalise` does, asked far less often; broken decodings are told."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from chainring.data.clean.batch import Batch
from chainring.data.clean.settings import CleanSettings
from chainring.data.clean.unicode import unicode
from chainring.text.normalise import normalise
from chainring.text.repair import repair

PIECES = st.sampled_from(
    ["a", "Z", " ", "  ", "\n", "\n\n", "\t", "\r\n", "退货", "，", "Ａ", "\u3000", "é", "e\u0301",
     "\u200b", "﹐", "ﬁ", "\u00a0", "𝐀", "。", "…", "·", "가", "ᄀ", "ᅡ", "\u2028", "0", "!"]
)  # fmt: skip
TEXTS = st.lists(st.lists(PIECES, max_size=12).map("".join), min_size=1, max_size=5)


def batch_of(*texts: str) -> Batch:
    return Batch(
        rows=[{} for _ in texts],
        texts=list(texts),
        places=[0] * len(texts),
        settings=CleanSettings(profile="documents", max_characters=1000),
    )


@given(TEXTS)
def test_every_text_is_spelled_as_normalise_spells_it(texts: list[str]) -> None:
    assume(not any(repair(text).repaired for text in texts))  # é, a blank and … are a broken 項
    batch = batch_of(*texts)
    unicode(batch)
    assert batch.texts == [normalise(text) for text in texts]
    assert [not text for text in batch.texts] == [one == "empty text" for one in batch.reasons]


def test_mojibake_is_mended_where_it_can_be_and_else_the_text_goes() -> None:
    good = "It’s 25 cafés – all naïve. "
    batch = batch_of(
        good.encode().decode("cp1252") * 3, "锟斤拷锟斤拷 开店", "Crème brûlée, où ça ?"
    )
    unicode(batch)
    assert batch.texts[0] == normalise(good * 3)
    assert batch.reasons == ["", "mojibake", ""]
    assert batch.texts[2] == "Crème brûlée, où ça ?"


def test_a_text_that_is_too_long_is_dropped() -> None:
    batch = batch_of("a" * 1001, "a" * 1000)
    unicode(batch)
    assert batch.reasons == ["too long to clean", ""]
