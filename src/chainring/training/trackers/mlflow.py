"""Tracker mlflow.v1: MLflow, into a local folder unless the environment says otherwise.

mlflow ui --backend-store-uri sqlite:///tracking/mlflow/mlflow.db        # shows it

`MLFLOW_TRACKING_URI` names a server in its place. MLflow's own telemetry is switched off.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chainring.contracts.errors import MissingPackageError
from chainring.contracts.said import Said

EXPERIMENT = "chainring"


def mlflow(*, name: str, folder: Path, settings: Mapping[str, str]) -> _Run:
    """Open a run in the experiment `chainring`; one of that name goes on.

    Raises
    ------
    MissingPackageError
        mlflow is not installed.
    """
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("DO_NOT_TRACK", "true")
    try:
        from mlflow.tracking import MlflowClient
    except ImportError as error:
        raise MissingPackageError(
            "mlflow-skinny",
            extra="mlflow",
            needed_for=Said("tracker mlflow.v1", zh="跟踪工具 mlflow.v1"),
        ) from error
    own = folder / "mlflow"
    own.mkdir(parents=True, exist_ok=True)
    client = MlflowClient(os.environ.get("MLFLOW_TRACKING_URI", f"sqlite:///{own}/mlflow.db"))
    found = client.get_experiment_by_name(EXPERIMENT)
    experiment = found.experiment_id if found else client.create_experiment(EXPERIMENT)
    before = client.search_runs([experiment], f"attributes.run_name = '{name}'", max_results=1)
    if before:
        client.update_run(before[0].info.run_id, status="RUNNING")
        return _Run(client, before[0].info.run_id)
    run = client.create_run(experiment, run_name=name)
    for key, value in settings.items():
        client.log_param(run.info.run_id, key, value)
    return _Run(client, run.info.run_id)


class _Run:
    def __init__(self, client: Any, run: str) -> None:
        self.client, self.run = client, run

    def log(self, step: int, measures: Mapping[str, float]) -> None:
        for name, value in measures.items():
            self.client.log_metric(self.run, name, value, step=step)

    def close(self, *, failed: bool = False) -> None:
        self.client.set_terminated(self.run, status="FAILED" if failed else "FINISHED")
