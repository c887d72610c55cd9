from __future__ import annotations

import pytest

from chainring.contracts.errors import MissingPackageError
from chainring.data.cluster import MIN_PER_LABEL, RECOMMENDED_PER_LABEL, clusters, enough

WORDS = "coat shoes hat lamp skirt bag kettle towel boots shirt belt gloves".split()
THINGS = "外套 鞋子 帽子 台灯 裙子 书包 水壶 毛巾 靴子 衬衫 皮带 手套".split()
PARCEL = [f"where is my parcel with the {word}" for word in WORDS]
RETURN = [f"我想退掉刚买的{word}" for word in THINGS]
INVOICE = [f"please send an invoice for {word}" for word in WORDS]
TEXTS = [text for three in zip(PARCEL, RETURN, INVOICE, strict=True) for text in three]


def test_texts_of_one_kind_come_together_in_both_languages() -> None:
    found = clusters(TEXTS, count=3, seed=0)
    kinds = [{place % 3 for place in cluster.nearest} for cluster in found]
    assert sorted(kinds, key=min) == [{0}, {1}, {2}]
    assert [cluster.size for cluster in found] == [12, 12, 12]


def test_a_cluster_shows_ten_texts_and_the_words_that_tell_it() -> None:
    by_kind = {cluster.nearest[0] % 3: cluster for cluster in clusters(TEXTS, count=3, seed=0)}
    assert len(by_kind[0].nearest) == 10
    assert "parcel" in by_kind[0].keywords
    assert any("退掉" in word for word in by_kind[1].keywords)
    assert "invoice" in by_kind[2].keywords


def test_keywords_are_whole_words_and_none_that_says_nothing() -> None:
    goods = "行李箱 吹风机 婴儿车 充电宝 洗衣液 保温杯".split()
    texts = [f"昨天买的东西坏了，{one}能换吗 [phone]" for one in goods]
    texts += [f"家里老人买的{one}一直没有发票" for one in goods]
    texts += [f"the invoice for my {one} is wrong, APP闪退" for one in WORDS]
    found = {word for cluster in clusters(texts, count=3, seed=0) for word in cluster.keywords}
    assert {"能换", "老人", "发票", "invoice", "app"} <= found
    assert not {"phone", "the", "没有", "买的东", "天买的", "人买的"} & found


def test_the_same_seed_gives_the_same_clusters_the_largest_first() -> None:
    texts = TEXTS + [f"can I pay for the {word} with alipay" for word in WORDS * 2]
    first = clusters(texts, count=4, seed=1)
    assert first == clusters(texts, count=4, seed=1)
    sizes = [cluster.size for cluster in first]
    assert sizes == sorted(sizes, reverse=True)


def test_a_text_that_is_said_twice_is_shown_once() -> None:
    doubled = [*TEXTS, *(text.upper() + "!" for text in TEXTS)]
    assert sum(cluster.size for cluster in clusters(doubled, count=3, seed=0)) == len(TEXTS)


def test_every_text_lies_in_one_cluster_and_their_number_follows_the_texts() -> None:
    found = clusters(TEXTS, seed=0)
    assert sum(cluster.size for cluster in found) == len(TEXTS)
    assert 2 <= len(found) <= round((len(TEXTS) / 2) ** 0.5)


def test_few_or_no_texts_are_no_error() -> None:
    assert clusters([], seed=0) == []
    assert clusters(["one", "ONE!"], seed=0)[0].nearest == (0,)
    assert sum(cluster.size for cluster in clusters(["🙂", "??", "a"], seed=0)) == 3


def test_without_scikit_learn_the_extra_to_install_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("chainring.data.cluster.find_spec", lambda name: None)
    with pytest.raises(MissingPackageError, match=r"pip install 'chainring\[train\]'"):
        clusters(TEXTS, seed=0)


def test_it_is_said_what_is_missing_to_start() -> None:
    assert enough({}) == ["not yet: at least two labels are needed, there are 0"]
    assert enough({"退款": MIN_PER_LABEL, "track": 4, "stock": 9}) == [
        "not yet: stock needs 1 more (9 of 10)",
        "not yet: track needs 6 more (4 of 10)",
    ]


def test_it_is_said_when_it_is_enough_and_when_more_would_be_better() -> None:
    full = {"退款": RECOMMENDED_PER_LABEL, "track": RECOMMENDED_PER_LABEL}
    assert enough(full) == ["enough to start: each of 2 labels has 10 or more texts"]
    thin = enough({**full, "stock": RECOMMENDED_PER_LABEL - 1})
    assert thin[1] == "40 a label are better; fewer have: stock"
