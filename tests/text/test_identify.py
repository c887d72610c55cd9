from __future__ import annotations

import builtins
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainring.contracts.errors import MissingPackageError
from chainring.text import identify as module
from chainring.text.identify import MAX_CHARACTERS, identify

TEXTS = {
    "I have been waiting for my parcel for weeks and they told me it is not in the shop.": "en",
    "THE PARCEL THAT YOU SENT TO ME IS NOT WHAT I HAVE ORDERED AND I WANT MY MONEY BACK": "en",
    "Where is my card?": "en",
    "Ich warte seit drei Wochen auf mein Paket und niemand antwortet mir.": "de",
    "J'attends mon colis depuis trois semaines et personne ne me répond.": "fr",
    "Llevo tres semanas esperando mi paquete y nadie me responde.": "es",
    "Ik wacht al drie weken op mijn pakket en niemand antwoordt mij.": "nl",
    "Я жду свою посылку уже три недели, и никто мне не отвечает.": "ru",
    "أنتظر طردي منذ ثلاثة أسابيع ولا أحد يجيبني.": "ar",
    "我等包裹已经三个星期了，没有人回答我。": "zh",
    "我等包裹已經三個星期了，沒有人回答我。": "zh",
    "我的 iPhone 15 Pro Max 充不了电，请帮忙看看": "zh",
    "血常规：WBC 12.3×10^9/L，N 85%，HGB 110g/L，PLT 230×10^9/L；CRP 56mg/L；PCT 0.8ng/ml。": "zh",
    "血氣：pH 7.32，PaCO2 52mmHg，PaO2 60mmHg，BE -3mmol/L，Lac 2.1mmol/L，考慮呼酸": "zh",
    "肝功能：ALT 85U/L，AST 62U/L，TBIL 23umol/L，ALB 38g/L，GGT 90U/L": "zh",
    "甲功：FT3 8.9pmol/L，FT4 32pmol/L，TSH 0.01mIU/L，TRAb 5.6IU/L": "zh",
    "腫瘤標誌物：CEA 12ng/ml，CA199 56U/ml，AFP 3 ng/ml，CA153 8 U/ml": "zh",
    "T3 T4 TSH 偏高": "zh",
    "iPhone 15 Pro Max 退款": "zh",
    "What does 退货 mean here?": "und",
    "Very nice 好": "und",
    "CANCEL ORDER NOW 退": "und",
    "Great product!!! 好": "und",
    "荷物を三週間待っていますが、誰も答えてくれません。": "ja",
    "소포를 삼 주 동안 기다리고 있는데 아무도 대답하지 않습니다.": "ko",
    "ฉันรอพัสดุมาสามสัปดาห์แล้ว": "th",
    "Περιμένω το δέμα μου εδώ και τρεις εβδομάδες.": "el",
    "12345 ???": "und",
    "": "und",
    "👍": "und",
    "ok": "und",
}


@pytest.mark.parametrize(("text", "expected"), TEXTS.items())
def test_the_language_is_told(text: str, expected: str) -> None:
    code, confidence = identify(text)
    assert code == expected
    assert (confidence >= module.MIN_CONFIDENCE) == (expected != "und")


@pytest.mark.parametrize("code", ["en", "de", "fr", "es", "nl"])
def test_the_small_words_of_english_agree_with_the_model(code: str) -> None:
    (text,) = (t for t, c in TEXTS.items() if c == code and len(t) > 40 and not t.isupper())
    assert module._model().classify(text)[0] == code
    assert (module._english(text) is not None) == (code == "en")


@pytest.mark.parametrize(
    ("text", "code"),
    [("Wie kann ich meine Bestellung stornieren 退货", "de"),
     ("Je voudrais annuler ma commande 退货", "fr"),
     ("My name is 李雷 and I live in 上海, please help", "en")],
)  # fmt: skip
def test_a_chinese_word_takes_no_text_from_a_sure_model(text: str, code: str) -> None:
    assert identify(text)[0] == code


class _Says:
    def __init__(self, code: str, confidence: float) -> None:
        self.said = code, confidence

    def classify(self, text: str) -> tuple[str, float]:
        return self.said


def test_every_chinese_language_of_the_model_is_chinese() -> None:
    text = "Lorem ipsum dolor amet 中文"
    assert identify(text, model=_Says("wuu", 0.9)) == ("zh", 0.9)
    assert identify(text, model=_Says("yue", 0.2))[0] == "zh"
    assert identify(text, model=_Says("la", 0.3))[0] == "zh"
    assert identify(text, model=_Says("la", 0.9)) == ("la", 0.9)
    assert identify(f"{text[:-1]} et", model=_Says("la", 0.3))[0] == "und"
    assert identify(text[:-2], model=_Says("la", 0.3))[0] == "und"


def test_only_the_beginning_is_read() -> None:
    german = "Ich warte auf mein Paket. " * 60
    assert len(german) > MAX_CHARACTERS
    assert identify(german + "我等包裹。" * 1000) == identify(german)


@given(st.text(max_size=120))
@settings(max_examples=150)
def test_every_text_has_a_language_and_a_confidence(text: str) -> None:
    code, confidence = identify(text)
    assert code == "und" or len(code) in (2, 3)
    assert 0 <= confidence <= 1


def test_lone_surrogates_do_no_harm() -> None:
    assert identify("\ud800" * 20 + "bonjour")[0]


def without(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    real = builtins.__import__

    def refuse(name: str, *args: Any, **options: Any) -> Any:
        if name.partition(".")[0] == package:
            raise ImportError(name)
        return real(name, *args, **options)

    monkeypatch.setattr(builtins, "__import__", refuse)


def test_without_its_package_scripts_still_settle_and_the_rest_names_the_extra(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module._model.cache_clear()
    without(monkeypatch, "py3langid")
    assert identify("我等包裹已经三个星期了")[0] == "zh"
    with pytest.raises(MissingPackageError, match=r"chainring\[data\]"):
        identify("Ich warte auf mein Paket")
