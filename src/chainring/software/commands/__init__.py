"""The command line, verb by verb: each module parses, calls its verb and says what happened."""
