"""Word vectors: text becomes one vector a word, with near words, analogies, exports and a map.

Enters text (English, Chinese or both in one file), leaves a folder of vectors that opens at once:

    from chainring.data.words.train import train
    from chainring.data.words.settings import WordSettings
    made = train([Path("novels")], out=Path("vectors"), settings=WordSettings(kind="glove"))
    made.near("马", count=5)

=================  ===========================================================
a word             has near it, for example
=================  ===========================================================
``horse``          horses, saddle, mare, rode
``丞相``            孔明, 主公, 都督
=================  ===========================================================

See Also
--------
`neural`: Word2Vec for most work, fastText where words of the queries are not in the text.
`glove`: the same bytes with any number of workers; strong on frequent words.
"""
