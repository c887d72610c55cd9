"""Where nouns rest: trees for bytes, a SQL ledger for facts, a traffic log."""
