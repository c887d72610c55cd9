"""The front: verbs as a Python API, a command line, a server, reports."""
