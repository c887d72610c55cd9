"""What a project can do, verb by verb: called by the Python API, a command or a server."""
