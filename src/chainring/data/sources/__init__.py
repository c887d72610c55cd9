"""Sources: parts that bring text from elsewhere into a harvest, which the `records` step reads."""
