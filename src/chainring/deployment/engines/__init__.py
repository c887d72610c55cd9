"""What runs a form: an engine each, what several of them share, and readers of passages."""
