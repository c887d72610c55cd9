"""Link 2: a data set becomes a model, a model's served form gets an evaluation.

settings     what a recipe can say about training and judging
model        the step: candidates are trained, compete, and the winner is written
linear       candidate linear.v1: TF-IDF of words and characters, logistic regression
encoder      candidate encoder.v1: a transformer encoder, fine-tuned
evaluation   the step: one form on one version of the suite, every outcome kept
"""
