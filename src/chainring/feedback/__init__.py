"""Link 6: a prediction and a reaction become feedback, then labels and records."""
