"""Languages: scripts and small words settle most, the model is asked for the rest."""

from __future__ import annotations

import pytest

from chainring.data.clean.batch import Batch
from chainring.data.clean.languages import languages
from chainring.data.clean.settings import CleanSettings

TEXTS = {
    "en": "The parcel was sent on Monday and it has not arrived yet, so where is it now?",
    "zh": "我的 iPhone 15 Pro 三天前就寄出了，到现在还没有收到，请帮我查一下物流。",
    "fr": "Le colis est arrivé avec une semaine de retard et les enfants sont très contents.",
    "de": "Das Paket ist mit einer Woche Verspätung angekommen und die Kinder sind nicht froh.",
    "es": "El paquete llegó con una semana de retraso y los niños están muy contentos con esto.",
    "it": "Il pacco è arrivato con una settimana di ritardo e i bambini sono molto contenti.",
    "ru": "Посылка пришла с опозданием на неделю, и дети очень довольны этим подарком.",
    "ja": "荷物は一週間遅れて届きましたが、子供たちはとても喜んでいます。",
    "pl": "Paczka dotarła z tygodniowym opóźnieniem, ale dzieci są bardzo zadowolone z prezentu.",
}


def named(*texts: str, **rows: str) -> list[str]:
    batch = Batch(
        rows=[dict(rows) for _ in texts],
        texts=list(texts),
        places=[0] * len(texts),
        settings=CleanSettings(profile="messages"),
    )
    languages(batch)
    return batch.languages


@pytest.mark.parametrize("language", TEXTS)
def test_a_sentence_is_told_by_its_language(language: str) -> None:
    assert named(TEXTS[language]) == [language]


def test_readings_of_a_laboratory_beside_chinese_are_chinese() -> None:
    texts = [
        "血常规：WBC 12.3×10^9/L，N 85%，HGB 110g/L，PLT 230×10^9/L；CRP 56mg/L；PCT 0.8ng/ml。",
        "肝功能：ALT 85U/L，AST 62U/L，TBIL 23umol/L，ALB 38g/L，GGT 90U/L，提示轻度异常",
        "血氣：pH 7.32，PaCO2 52mmHg，PaO2 60mmHg，BE -3mmol/L，Lac 2.1mmol/L，考慮呼酸",
        "The panel: WBC 12.3, HGB 110 and PLT 230 are what was found, it says 血常规 there.",
    ]
    assert named(*texts) == ["zh", "zh", "zh", "en"]


def test_neighbours_in_a_batch_do_not_change_the_answer() -> None:
    assert named(*TEXTS.values()) == list(TEXTS)


def test_a_few_words_keep_what_their_row_or_their_script_says() -> None:
    assert named("Bonjour monsieur", language="fr") == ["fr"]
    assert named("hello there", "退款") == ["en", "zh"]
