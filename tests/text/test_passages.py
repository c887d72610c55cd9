from __future__ import annotations

from chainring.text.passages import Passage, Passages, cut, passages_of

ARTICLES = [
    ("rec_1", "A parcel takes three days. It is sent from Leeds."),
    ("rec_2", "A refund takes five working days."),
    ("rec_3", "退款需要五个工作日。请保留收据。"),
    ("rec_4", "包裹三天内送到。"),
]


def test_a_question_finds_the_passage_with_its_rarer_words() -> None:
    index = Passages(passages_of(ARTICLES, characters=200))
    asked = {"How many days for a refund?": "rec_2", "退款要多久？": "rec_3", "包裹几天到": "rec_4"}
    for question, wanted in asked.items():
        assert index.find(question, most=1)[0][0].id == wanted


def test_a_question_without_a_known_word_finds_nothing() -> None:
    assert Passages(passages_of(ARTICLES, characters=200)).find("zebra 斑马", most=3) == []
    assert Passages([]).find("refund", most=3) == []


def test_a_question_of_what_no_passage_speaks_of_finds_nothing_by_its_little_words() -> None:
    index = Passages(
        [Passage(id="heart", text="The heart of a fish has two chambers. That is what it is."),
         Passage(id="sound", text="Sound is fastest in solid bodies; you can't hear it there."),
         Passage(id="声", text="这是什么声音？声音在固体中是传播得最快的。"),
         Passage(id="几何", text="几何是数学的一个分支。")]
    )  # fmt: skip
    for question in ("What is the capital of Peru?", "Who is it?", "Why can't you?", "的",
                     "什么是它的？", "谁是法国的国王？", "秘鲁的首都是什么？"):  # fmt: skip
        assert index.find(question, most=3) == [], question
    asked = {"What is in a heart?": "heart", "Where is sound fastest?": "sound",
             "声音在哪里最快？": "声", "什么是几何？": "几何"}  # fmt: skip
    for question, wanted in asked.items():
        assert [one.id for one, _ in index.find(question, most=3)] == [wanted]


def test_a_chinese_word_of_one_character_is_found_where_no_pair_of_it_is_known() -> None:
    index = Passages(
        [Passage(id="tax", text="个人所得税的起征点是五千元。"),
         Passage(id="drug", text="退烧药每次间隔四小时以上。"),
         Passage(id="cost", text="退税运费由买家承担，税率另算。")]
    )  # fmt: skip
    asked = {"税？": {"tax", "cost"}, "扣税吗": {"tax", "cost"}, "药": {"drug"},
             "VAT税": {"tax", "cost"}, "退烧": {"drug"}}  # fmt: skip
    for question, wanted in asked.items():
        assert {one.id for one, _ in index.find(question, most=3)} == wanted
    assert index.find("猫吗", most=3) == []


def test_a_little_latin_word_is_a_name_in_a_chinese_question_and_in_capitals() -> None:
    index = Passages(
        [Passage(id="IT", text="IT部门负责电脑，请拨打8000。"),
         Passage(id="WHO", text="WHO是世界卫生组织。"),
         Passage(id="who", text="The WHO is the World Health Organization."),
         Passage(id="it", text="Our IT department is open from nine to five.")]
    )  # fmt: skip
    asked = {"找IT": {"IT", "it"}, "it是谁的？": {"IT", "it"}, "ＷＨＯ是什么？": {"WHO", "who"},
             "What is WHO?": {"WHO", "who"}, "Who runs the IT?": {"IT", "it"}}  # fmt: skip
    for question, wanted in asked.items():
        assert {one.id for one, _ in index.find(question, most=4)} == wanted, question
    for question in ("WHO IS IT?", "Who is it?", "How do I say 你好 in French?"):
        assert index.find(question, most=4) == [], question


def test_a_chinese_word_is_found_beside_pairs_that_say_nothing_and_are_known() -> None:
    index = Passages(
        [Passage(id="tax", text="个人所得税的起征点是五千元。"),
         Passage(id="cat", text="猫会捉老鼠。"),
         Passage(id="acid", text="酸碱中和是酸和碱的反应。"),
         Passage(id="asks", text="什么是狗？狗可以看家，这样的人最多。"),
         Passage(id="問", text="這是什麼？為什麼會這樣？多少錢？")]
    )  # fmt: skip
    asked = {"税是什么？": ["tax"], "什么是税？": ["tax"], "猫吃什么？": ["cat"],
             "什么是中和？": ["acid"], "多少錢": ["問"]}  # fmt: skip
    for question, wanted in asked.items():
        assert [one.id for one, _ in index.find(question, most=4)] == wanted, question
    for question in ("这是什么？", "這是什麼？", "為什麼會這樣？", "可以这样吗", "什么时候？"):
        assert index.find(question, most=4) == [], question


def test_scores_are_those_of_the_formula() -> None:
    index = Passages([Passage(id="a", text="red red blue"), Passage(id="b", text="blue")])
    (found, score), *_ = index.find("red", most=2)
    # idf = ln(1 + (2 - 1 + 0.5) / (1 + 0.5)); length 3 of a mean of 2; tf = 2
    expected = 0.6931471805599453 * 2 * 2.2 / (2 + 1.2 * (0.25 + 0.75 * 1.5))
    assert found.id == "a"
    assert abs(score - expected) < 1e-12


def test_a_passage_is_cut_at_sentences_and_keeps_every_word() -> None:
    text = "One. Two three. 四五六。七八。" + "x" * 50
    stretches = cut(text, characters=20)
    assert all(len(one) <= 20 for one in stretches)
    assert "".join("".join(one.split()) for one in stretches) == "".join(text.split())
    assert stretches[0] == "One. Two three. 四五六。"


def test_a_stretch_that_stands_twice_is_one_passage_of_its_first_record() -> None:
    found = passages_of([("a", "Same."), ("b", "Same.")], characters=100)
    assert [one.id for one in found] == ["a"]


def test_a_passage_is_cut_finer_where_a_reader_cannot_hold_it() -> None:
    text = "One two three four five. " * 8 + "退款需要五个工作日。" * 8

    def held(stretch: str) -> int:
        room = 40
        for place, character in enumerate(stretch):
            room -= 1 if character.isascii() else 4
            if room < 0:
                return place
        return len(stretch)

    stretches = cut(text, characters=40, held=held)
    assert all(held(one) == len(one) for one in stretches)
    assert "".join("".join(one.split()) for one in stretches) == "".join(text.split())
    assert stretches[0] == cut(text, characters=40)[0]
    assert stretches[-1] == "退款需要五个工作日。"
