"""Pages that a person reads: the report, the data report, the model card, and what they gather."""
