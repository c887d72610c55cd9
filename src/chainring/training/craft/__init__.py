"""How a network is trained: each craft by its name in `[training.craft]`.

settings     what a recipe can say, free of torch
run          what one training run needs besides rows
loop         step by step through the epochs: judged, told, kept
batches      rows become steps, steps become batches of a bounded number of tokens
mapped       items tokenised once, in files that memory maps
ready        a module fits, lies on its device, and the craft is switched on
device       transfers, products and tokens at once on a GPU
compiling    layers compiled, where a long training earns it back
memory       what a training will take, told before it starts
sizes        how large a network is, by its configuration
recompute    layers computed twice to save memory
gradients    batches added up, scaled, clipped; halved when memory runs out
halving      what is judged goes on in halves when memory runs out
losses       losses and norms, read from a GPU once in many steps
optimisers   AdamW, Adam, SGD, Adafactor; decay of weights; learning rates by layer
schedules    the learning rate of every step, in closed form, or by plateau
averages     exponential moving average of the weights
dropout      the same dropout with cheaper masks
precision    float32, bfloat16 or float16, and why
randomness   the state of every random generator
checkpoints  files from which a killed training goes on
judge        how a network stands on validation items
progress     one line of loss, rate, time left and cost; the curve
tracking     the trackers that a recipe names, told together
"""
