"""Candidates that write: translation, completions, replies, answers, and learning by preference.

Each leaves a folder that `AutoModelForSeq2SeqLM` or `AutoModelForCausalLM` opens, and answers from
it through the engine that will serve it.

    seq2seq     one text becomes another: encoder–decoder
    decoder     a prompt or a conversation is continued
    answering   a question is answered from the project's texts
    preference  a writer learns which of two texts people like better (DPO, KTO)
"""
