"""What would make a model better: more labels, and where; labels that are wrong; its mistakes."""
