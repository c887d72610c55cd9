"""`chainring serve`: the verbs as a server needs them, its processes, and what it watches."""
