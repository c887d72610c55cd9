"""Tokenisers from a project's own text: parts of kind `tokeniser`, and a report on what they make.

    from chainring.training.tokenisers.make import tokeniser
    from chainring.training.tokenisers.report import report

See Also
--------
chainring.training.tokenisers.wordpiece : for encoders (BERT); Chinese by character.
chainring.training.tokenisers.bpe : for decoders (GPT); knows every byte, so nothing is unknown.
chainring.training.tokenisers.unigram : for T5; likely pieces, cut so that they are likeliest.
"""
