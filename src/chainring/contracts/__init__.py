"""The nouns and protocols that cross rooms; standard library only."""
