"""Releases: a candidate's way to being the champion, its evidence, and who decides on it.

course    the reference `release`: begun, taken further, ended
evidence  what answers, reviews and complaints say of candidate and champion
judge     from evidence to a decision: promote, roll back, stop, wait
worth     what reviewed answers are to count, fixed when a release begins
"""
