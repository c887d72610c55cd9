"""What the deployment room says to people is complete in both languages."""

from tests.text.sentence_tables import require_complete

from chainring.deployment.forms.sentences import SENTENCES


def test_every_sentence_has_a_chinese_one_with_the_same_values() -> None:
    require_complete(SENTENCES)
