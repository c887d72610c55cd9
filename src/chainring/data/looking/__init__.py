"""Looking at a data set: its numbers, as pages and people want them.

rows         the rows of a data set in batches, filtered; memory stays flat
numbers      rows by split, language, label, source, licence and group; lengths
words        frequent and distinctive words (log-odds with a Dirichlet prior)
drift        what came, what went, and whether it is of another kind than before
population   shares beside those of a population, and what to collect where they fall short
drops        what was left out, by reason, with places
samples      the texts behind such places, read back where they still stand
card         the data card, written from lineage
"""
