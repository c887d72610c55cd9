"""What a model learns from bare text: each objective by name, over transformers' own networks.

masked        BERT: hidden tokens are told, whole words at a time; and which text follows which
causal        GPT: the next token
spans         T5: spans of text, each hidden behind a sentinel
denoising     an encoder-decoder Transformer as BART: the text as it was before spans were cut out
attention     who sees whom in a block: by a mask, or by a kernel that skips the rest
"""
