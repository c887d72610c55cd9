"""Link 3: a machine becomes a placement (device, precision, threads, and why) and an executor."""
