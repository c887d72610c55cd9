"""Link 5: a model becomes forms and a deployment, a request becomes a prediction.

The room runs without torch, transformers and scikit-learn; only exporting an encoder needs them.
"""
