"""What turns and releases say of themselves is complete in both languages."""

from tests.text.sentence_tables import require_complete

from chainring.contracts.said import Said
from chainring.ring.sentences import SENTENCES, kept, say
from chainring.ring.turn import ROLLBACK


def test_every_sentence_has_a_chinese_one_with_the_same_values() -> None:
    require_complete(SENTENCES)


def test_a_reason_kept_as_a_text_is_found_again_in_chinese() -> None:
    told = say("reviewed", labels=9, better=6, worse=1, mean="+9.0", low="+1.0", high="+12.0")
    reason = str(say("by release", reason=say("better", told=told)))
    assert kept(reason) == reason
    assert kept(reason).zh.startswith("发布：更好：9 条已审核回答")


def test_a_reason_that_a_person_gave_stays_as_it_is() -> None:
    assert kept("too many complaints").zh == "too many complaints"
    assert kept("override: the board asks").zh == "人工推翻：the board asks"


def test_a_rollback_is_known_by_how_its_reason_begins() -> None:
    reason = say("rolled back to", version=1, reason="wrong")
    assert isinstance(reason, Said)
    assert reason.startswith(ROLLBACK)
