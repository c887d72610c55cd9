"""What pages of reports are made of: one first heading, cells that a head names."""

from __future__ import annotations

from chainring.software.reports.report_cards import identifier, markdown, table


def test_headings_of_a_card_stand_below_those_of_the_page() -> None:
    page = markdown("# Promoted\n\n## Conditions\n\n<h1>typed</h1>\n")
    assert "<h3>Promoted</h3>" in page
    assert "<h4>Conditions</h4>" in page
    assert "<h1>" not in page
    assert "&lt;h1&gt;typed" in page


def test_heads_of_tables_say_that_they_name_columns_and_none_is_empty() -> None:
    drawn = markdown("| | why |\n|---|---|\n| yes | so |\n") + table(("text",), [("a",)])
    assert drawn.count("<th scope=col>") == 2
    assert "<th></th>" not in drawn
    assert "<th>" not in drawn


def test_an_id_is_whole_in_the_page() -> None:
    assert "rec_13c010ed45aa0000" in identifier("rec_13c010ed45aa0000")
