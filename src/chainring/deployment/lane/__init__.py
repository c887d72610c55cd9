"""Between request and model: the queue, the inference thread, and which model answers whom."""
