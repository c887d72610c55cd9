"""How a network is trained: each craft by its name in `[training.craft]`.

settings     what a recipe can say, free of torch
batches      rows become steps, steps become batches of a bounded number of tokens
optimisers   AdamW, Adam, SGD, Adafactor; decay of weights; learning rates by layer
schedules    the learning rate of every step, in closed form, or by plateau
averages     exponential moving average of the weights
dropout      the same dropout with cheaper masks
precision    float32, bfloat16 or float16, and why
memory       what a training will take, before it starts; what to do when it took too much
checkpoints  files from which a killed training goes on
progress     one line of loss, rate, time left and cost; the curve
judge        how a network stands on validation items
"""
