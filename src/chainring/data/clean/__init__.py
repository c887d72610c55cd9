"""Cleaning: documents become documents worth learning from, with the reason of each drop.

shards        big files become byte ranges, whole lines each; poisoned lines are set aside
batch         a few hundred documents at a time, and what the stages do to them
characters    what kind every character is; tokens, lines and their hashes in arrays
unicode       stage: one spelling; mojibake mended or told
languages     stage: which language, by scripts first
policy        stage: licences and consents that are allowed
quality       stage: the rules of Gopher, C4 and FineWeb, and what they mean for Chinese
repetition    stage: lines and word sequences that repeat
boilerplate   stage: lines that stand in many documents
redaction     stage: personal numbers out
decontaminate stage: texts of the evaluation sets out
minhash       signatures, bands and the true Jaccard index
first         pass 1: a shard through all stages
copies        pass 2: exact and near copies, on disk
semantic      pass 2, on demand: documents that say the same in other words
last          pass 3: what is kept is written
pipeline      the three passes, resumed after any kill
"""
