"""What a model is served as: forms are made, compared with the model as trained, and one chosen."""
