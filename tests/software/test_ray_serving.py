"""Two replicas of the server on Ray, on one machine."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.software.conftest import ALONE

from chainring.contracts.errors import InputError
from chainring.software.ray_serving import replicated

pytest.importorskip("aiohttp", reason="the extra `ray-serve` is not installed")
pytest.importorskip("ray", reason="the extra `ray-serve` is not installed")

SCRIPT = """
import json, sys, urllib.request
from pathlib import Path
from chainring.software.ray_serving import replicated

def ask(url, path, body):
    data = None if body is None else json.dumps(body).encode()
    head = {"content-type": "application/json", "connection": "close"}
    asked = urllib.request.Request(url + path, data, head)
    return json.loads(urllib.request.urlopen(asked, timeout=60).read())

with replicated(Path(sys.argv[1]), replicas=2, host="127.0.0.1", port=int(sys.argv[2])) as url:
    from ray import serve
    state = serve.status().applications["chainring"].deployments
    (one,) = state.values()
    told = [ask(url, "/v1/predict", {"text": text}) for text in sys.argv[3:]]
    given = {"prediction": told[0]["id"], "kind": "rating", "value": "up"}
    reacted = ask(url, "/v1/react", given)
    labels = [one["label"] for one in told]
    found = {"replicas": one.replica_states, "labels": labels, "id": reacted["id"]}
    print(json.dumps(found))
"""


@pytest.mark.slow
def test_two_replicas_answer_like_the_champion_and_share_its_traffic(shop: Path) -> None:
    from chainring.software.api import Project
    from chainring.software.tour import free_port

    texts = ["where is my parcel", "我要退款", "my card was declined", "hello"] * 8
    project = Project.open(shop)
    expected = [one.label for one in project.predict(texts)]
    project.close()
    command = [sys.executable, "-c", SCRIPT, str(shop), str(free_port()), *texts]
    done = subprocess.run(command, capture_output=True, text=True, env=ALONE, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    (answer,) = (line for line in done.stdout.splitlines() if line.startswith("{"))  # Ray logs, too
    told = json.loads(answer)
    assert told["replicas"] == {"RUNNING": 2}
    assert told["labels"] == expected
    project = Project.open(shop)
    counts = project.status()["traffic"]
    project.close()
    assert counts["predictions"] == 2 * len(texts)
    assert told["id"]


def test_beyond_this_machine_it_wants_keys_first(shop: Path) -> None:
    with pytest.raises(InputError, match="has no keys"):
        with replicated(shop, replicas=2, host="0.0.0.0", port=0):
            pass
