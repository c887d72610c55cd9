"""Guards and measures over nouns: privacy and access."""
