"""Foreign tools that are told how a training gets on; none is asked unless the recipe names it.

tensorboard  event files that TensorBoard shows
wandb        Weights & Biases, offline unless WANDB_MODE says otherwise
mlflow       MLflow, into a local folder unless MLFLOW_TRACKING_URI says otherwise
"""
