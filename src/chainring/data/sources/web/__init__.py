"""The open web as a source: polite, within named hosts, and never into a private network."""
