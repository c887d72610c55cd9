"""The champion as a folder that serves by itself."""

from __future__ import annotations

import configparser
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tomllib
import zipfile
from contextlib import closing
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from tests.deployment.http.demo import DemoVerbs
from tests.litter import littered
from tests.software.conftest import ALONE, PATIENCE_S, copy, opened, refused, run, wait_until

from chainring.contracts.codec import decode, encode
from chainring.contracts.errors import ConflictError, RefusedError
from chainring.contracts.model import Model
from chainring.contracts.reaction import Reaction
from chainring.deployment.http.app import create_app
from chainring.deployment.http.server import running
from chainring.deployment.settings import DeploymentSettings
from chainring.ring.recipe import parse_recipe
from chainring.software.api import Project
from chainring.software.package import make as module
from chainring.software.package import trial
from chainring.software.package.make import Packaged
from chainring.software.package.origin import FILE, KIND, Package, beside, brought, elsewhere
from chainring.software.package.recipe import recipe_text
from chainring.software.package.texts import texts
from chainring.software.package.trial import serving
from chainring.software.package.wheel import pinned, requirements
from chainring.software.telling.results import tell_status
from chainring.software.tour import Client
from chainring.store.schema import payloads

TRIED = ("traffic", "limits", "forgotten", "scratch")
PAGES = ("/", "/ring", "/review", "/watch")
TEXTS = ["where is my parcel", "我要退款", "my card was declined twice", "hello"]


def test_it_answers_as_the_champion_does_and_says_why(
    packaged: tuple[Path, Packaged], tmp_path: Path
) -> None:
    home, made = packaged
    with closing(Project.open(home)) as project:
        expected = [(one.label, one.confidence) for one in project.predict(TEXTS)]
    with closing(Project.open(made.folder / "project")) as project:
        found = project.predict(TEXTS)
        assert [(one.label, one.confidence) for one in found] == expected
        told = project.why(found[0].id)
    assert told["model"]["part"] == "linear.v1"
    assert told["dataset"]["splits"]
    assert told["nearest"] == [], "the rows stayed at home"


def test_it_was_served_before_it_was_handed_over(packaged: tuple[Path, Packaged]) -> None:
    _, made = packaged
    assert made.answers == 16
    assert made.memory_mib > 20 or sys.platform != "linux"
    with serving(made.folder / "project") as (port, _):
        with closing(Client(port, {"ask": made.key, "other": "cr_ask_none"})) as client:
            answer = client.call("POST", "/v1/predict", {"text": TEXTS[0]})
            body = {"prediction": answer["id"], "kind": "rating", "value": "up"}
            assert client.call("POST", "/v1/react", body)["id"]
            with pytest.raises(RuntimeError, match=r"401|403"):
                client.call("POST", "/v1/predict", {"text": "x"}, role="other")


def test_every_page_and_reading_route_of_a_package_answers_its_operator(
    packaged: tuple[Path, Packaged], tmp_path: Path
) -> None:
    _, made = packaged
    folder = copy(made.folder / "project", tmp_path / "project")
    with serving(folder) as (port, _):
        key = {"authorization": f"Bearer {made.key}"}
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=key) as client:
            routes = client.get("/openapi.json").json()["paths"]
            paths = [path for path in routes if "get" in routes[path] and "{" not in path]
            told = {path: client.get(path).status_code for path in [*paths, *PAGES]}
            status = client.get("/v1/status").json()
    assert {"/v1/review", "/v1/status", "/ring"} <= set(told)
    assert set(told.values()) <= {200, 403}  # 403: for an admin
    assert told["/v1/review"] == told["/review"] == told["/ring"] == 200
    assert status["due"] is False
    assert "where it was packaged" in status["because"]
    for words in (["review", "--list"], ["report"]):
        run(*words, "-p", str(folder))


def test_its_server_erases_texts_whose_time_is_over(
    packaged: tuple[Path, Packaged], tmp_path: Path
) -> None:
    _, made = packaged
    folder = copy(made.folder / "project", tmp_path / "project")
    with closing(Project.open(folder)) as project:
        (old,) = project.predict(["where is the parcel of Zacharias"])
        for engine in project.ring.traffic.engines().values():
            with engine.begin() as connection:
                connection.execute(payloads.update().values(expires=1.0))
        (young,) = project.predict(["hello"])
    with serving(folder), closing(Project.open(folder)) as project:
        wait_until(lambda: project.ring.traffic.text(old.id) is None)
        assert project.ring.traffic.text(young.id) == "hello"
        logs = list((folder / ".chainring" / "traffic").glob("*.db*"))
        wait_until(lambda: not any(b"Zacharias" in path.read_bytes() for path in logs))


def test_it_has_no_text_of_the_project_and_no_key_of_it(packaged: tuple[Path, Packaged]) -> None:
    home, made = packaged
    files = [path for path in (made.folder / "project").rglob("*") if path.is_file()]
    written = b"".join(path.read_bytes() for path in files)
    rows = [
        json.loads(line)["text"]
        for path in (home / "data").glob("*.jsonl")
        for line in path.read_text("utf-8").splitlines()
    ]
    assert len(rows) > 50
    assert [text for text in rows if len(text) > 12 and text.encode() in written] == []
    assert (home / ".chainring" / "key").read_text() not in written.decode("latin-1")


def test_its_recipe_is_what_a_server_reads(packaged: tuple[Path, Packaged]) -> None:
    _, made = packaged
    recipe = tomllib.loads((made.folder / "project" / "chainring.toml").read_text("utf-8"))
    assert set(recipe) <= {"project", "data", "privacy", "feedback", "deployment"}
    assert recipe["data"] == {"task": "classification"}
    assert recipe["deployment"]["reload_s"] == 0.2
    assert (made.folder / "project" / recipe["deployment"]["articles"]).exists()


ACCESS = """
[access]
purpose = "support"

[[access.rules]]
who = ["ask", "客服"]
action = "read"
where = { source = "articles/*", label = ["refund_status", "stock"] }
allow = false

[[access.rules]]
action = ["read", "train"]
allow = true
"""


def test_its_rules_of_access_are_those_of_the_project(shop: Path, tmp_path: Path) -> None:
    recipe = shop / "chainring.toml"
    recipe.write_text(recipe.read_text("utf-8") + ACCESS, encoding="utf-8")
    with closing(Project.open(shop)) as project:
        packaged = parse_recipe(tomllib.loads(recipe_text(project, tmp_path)))
        assert packaged.access == project.ring.recipe.access
    assert len(packaged.access.rules) == 2


WATCHED = """
[alerts]
url = "https://hooks.example.com/chainring"
kinds = ["harmful", "drift"]

[drift]
window = 300
labels = ["stock"]

[observing]
logs = "json"
traces = true

[hardware]
threads = 1
"""


def test_whom_its_server_tells_and_what_it_watches_is_as_in_the_project(
    shop: Path, tmp_path: Path
) -> None:
    recipe = shop / "chainring.toml"
    recipe.write_text(recipe.read_text("utf-8") + WATCHED, encoding="utf-8")
    with closing(Project.open(shop)) as project:
        told = parse_recipe(tomllib.loads(recipe_text(project, tmp_path)))
        own = project.ring.recipe
        assert (told.alerts, told.drift, told.observing) == (own.alerts, own.drift, own.observing)
        assert told.hardware == type(own.hardware)(), "it is of the machine at home"
        assert {*module._server(own)} - {*module._server(told)} == set()
        assert "opentelemetry-sdk" in module._server(own)


SERVED_OTHERWISE = """[deployment]
host = "192.0.2.1"
workers = 3
tls_certificate = "cert.pem"
tls_key = "key.pem"
"""


def test_a_project_of_several_workers_and_a_certificate_is_tried_as_one_plain_process(
    shop: Path, tmp_path: Path, packaged: tuple[Path, Packaged]
) -> None:
    recipe = shop / "chainring.toml"
    recipe.write_text(recipe.read_text("utf-8").replace("[deployment]\n", SERVED_OTHERWISE))
    with closing(Project.open(shop)) as project:
        made = project.package(tmp_path / "out")
    told = tomllib.loads((made.folder / "project" / "chainring.toml").read_text("utf-8"))
    assert told["deployment"]["workers"] == made.processes == 3
    assert not {"tls_certificate", "tls_key"} & set(told["deployment"])
    if sys.platform == "linux":
        assert made.memory_mib == pytest.approx(3 * packaged[1].memory_mib, rel=0.2)
        limit = f"limits: {{memory: {round(made.memory_mib * 3)}Mi}}"
        assert limit in (made.folder / "kubernetes.yaml").read_text("utf-8")
    assert "in 3 processes" in (made.folder / "README.md").read_text("utf-8")


def test_a_packaged_server_that_does_not_start_is_told_with_the_end_of_its_log(
    tmp_path: Path,
) -> None:
    (tmp_path / "chainring.toml").write_text("[project\n")
    with pytest.raises(RefusedError, match=r"did not become ready(?s:.*)is no TOML"):
        with serving(tmp_path):
            pass


def test_its_requirements_are_exact_and_hold_nothing_of_training_or_of_other_engines(
    packaged: tuple[Path, Packaged],
) -> None:
    _, made = packaged
    *lines, wheel = (made.folder / "requirements.txt").read_text().splitlines()
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[^=]+", line) for line in lines)
    names = {line.partition("==")[0] for line in lines}
    assert {"fastapi", "uvicorn", "numpy", "sqlalchemy", "safetensors"} <= names
    assert not names & {"torch", "transformers", "onnxruntime", "openvino", "ctranslate2"}
    assert len(lines) == made.packages
    assert (made.folder / wheel).is_file()


def test_its_wheel_is_the_whole_package_and_the_same_each_time(
    packaged: tuple[Path, Packaged], tmp_path: Path
) -> None:
    from chainring.software.package.wheel import write_wheel

    _, made = packaged
    (path,) = made.folder.glob("*.whl")
    with zipfile.ZipFile(path) as file:
        assert file.testzip() is None
        names = set(file.namelist())
        own = f"{path.name.split('-py3')[0]}.dist-info"
        entries = file.read(f"{own}/entry_points.txt").decode()
        told = file.read(f"{own}/METADATA").decode()
    assert {"chainring/__init__.py", "chainring/py.typed"} <= names
    assert "engine.linear.v1" in entries
    assert f"\nVersion: {metadata.version('chainring')}\n" in told
    assert not [name for name in names if "__pycache__" in name]
    assert write_wheel(tmp_path).read_bytes() == path.read_bytes()


def test_what_is_needed_is_followed_to_its_end() -> None:
    found = pinned(["fastapi"])
    assert {"fastapi", "starlette", "pydantic", "pydantic-core", "anyio"} <= set(found)
    assert "fastapi" in requirements("serve")
    assert "fastapi" not in requirements()
    assert "numpy" in requirements()


def test_image_service_and_cluster_name_the_application(packaged: tuple[Path, Packaged]) -> None:
    yaml = pytest.importorskip("yaml")
    _, made = packaged
    told = list(yaml.safe_load_all((made.folder / "kubernetes.yaml").read_text()))
    assert [one["kind"] for one in told] == ["Deployment", "Service", "PersistentVolumeClaim"]
    pod = told[0]["spec"]["template"]["spec"]
    assert pod["containers"][0]["readinessProbe"]["httpGet"]["path"] == "/health/ready"
    assert pod["containers"][0]["livenessProbe"]["httpGet"]["path"] == "/health/live"
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert told[1]["spec"]["selector"] == told[0]["spec"]["selector"]["matchLabels"]
    image = (made.folder / "Dockerfile").read_text()
    assert f"FROM python:{sys.version_info.major}.{sys.version_info.minor}-slim" in image
    assert "$" not in (made.folder / "README.md").read_text()
    assert "StateDirectory=support" in (made.folder / "chainring.service").read_text()


def unpacked(made: Packaged, place: Path, *, commands: str, moved: dict[str, str]) -> list[str]:
    """Copy the package to a place of its own and return the shell command with paths of there."""
    shutil.copytree(made.folder / "project", place / "project")
    (place / "state").mkdir()
    for known, own in moved.items():
        commands = commands.replace(known, str(place / own))
    return shlex.split(commands)


def test_the_service_hands_its_account_the_key_once_and_keeps_what_lies_there(
    packaged: tuple[Path, Packaged], tmp_path: Path
) -> None:
    _, made = packaged
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment]
    unit.read_string((made.folder / "chainring.service").read_text().replace("\\\n", ""))
    prepare = unit["Service"]["ExecStartPre"]
    assert prepare.startswith("+"), "its account may not read a key of mode 0600"
    moved = {"/opt/support/project": "project", "/var/lib/support": "state"}
    command = unpacked(made, tmp_path, commands=prepare[1:], moved=moved)
    account = 61184 if os.geteuid() == 0 else os.geteuid()
    os.chown(tmp_path / "state", account, -1)
    subprocess.run(command, check=True)
    (state,) = (tmp_path / "state").iterdir()
    assert f"serve -p /var/lib/support/{state.name} " in unit["Service"]["ExecStart"]
    assert {path.stat().st_uid for path in (state, *state.rglob("*"))} == {account}
    assert (state / ".chainring" / "key").stat().st_mode & 0o777 == 0o600
    (state / "chainring.toml").write_text("mine")
    subprocess.run(command, check=True)
    assert (state / "chainring.toml").read_text() == "mine"
    assert list((tmp_path / "state").iterdir()) == [state]


def test_the_init_container_makes_the_state_whole_and_never_writes_over_it(
    packaged: tuple[Path, Packaged], tmp_path: Path
) -> None:
    yaml = pytest.importorskip("yaml")
    _, made = packaged
    cluster = next(yaml.safe_load_all((made.folder / "kubernetes.yaml").read_text()))
    pod = cluster["spec"]["template"]["spec"]
    words = shlex.join(pod["initContainers"][0]["command"])
    moved = {"/srv/project": "project", "/state": "state"}
    command = unpacked(made, tmp_path, commands=words, moved=moved)
    served = pod["containers"][0]["args"]
    state = tmp_path / Path(served[served.index("-p") + 1]).relative_to("/")
    (tmp_path / "state" / "new").mkdir()  # what a container that was killed had begun
    subprocess.run(command, check=True)
    with closing(Project.open(state)) as project:
        project.make_key("operate", "me")
        (old,) = (key for key in project.keys() if key.name == "package")
        project.revoke_key(old.id)
    subprocess.run(command, check=True)
    with closing(Project.open(state)) as project:
        told = {key.name: key.revoked for key in project.keys()}
    assert told == {"package": True, "me": False}


@pytest.mark.parametrize("app", ["my_shop", "shop-", "on", "null", "true"])
def test_every_name_that_a_recipe_takes_is_one_that_a_cluster_takes(
    app: str, packaged: tuple[Path, Packaged], shop: Path
) -> None:
    yaml = pytest.importorskip("yaml")
    _, made = packaged
    recipe = shop / "chainring.toml"
    named = re.sub(r'name = "support"', f'name = "{app}"', recipe.read_text("utf-8"))
    parse_recipe(tomllib.loads(named))
    with closing(Project.open(shop)) as project:
        deployment = project.champion().deployment
        object.__setattr__(project.ring.recipe.project, "name", app)
        files = texts(module._facts(project, deployment, made))
    cluster, service, claim = yaml.safe_load_all(files["kubernetes.yaml"])
    pod = cluster["spec"]["template"]
    names = [cluster["metadata"]["name"], service["metadata"]["name"]]
    names += [service["spec"]["selector"]["app"], pod["metadata"]["labels"]["app"]]
    names += [pod["spec"]["containers"][0]["image"].partition(":")[0]]
    assert len(set(names)) == 1
    assert isinstance(names[0], str)
    assert re.fullmatch(r"[a-z]([a-z0-9-]*[a-z0-9])?", names[0])
    assert f"docker build -t {names[0]}:" in files["README.md"]
    assert re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", claim["metadata"]["name"])


@pytest.mark.parametrize(("drain_s", "stop_s"), [(1.0, 30), (10.0, 30), (60.4, 76)])
def test_who_stops_a_server_waits_until_it_has_drained(
    drain_s: float, stop_s: int, packaged: tuple[Path, Packaged], shop: Path
) -> None:
    yaml = pytest.importorskip("yaml")
    _, made = packaged
    with closing(Project.open(shop)) as project:
        object.__setattr__(project.ring.recipe.deployment, "drain_s", drain_s)
        files = texts(module._facts(project, project.champion().deployment, made))
    pod = next(yaml.safe_load_all(files["kubernetes.yaml"]))["spec"]["template"]["spec"]
    leaves = pod["containers"][0]["lifecycle"]["preStop"]["exec"]["command"]
    assert leaves == ["sleep", "5"], "until the cluster sends nobody here any more"
    assert pod["terminationGracePeriodSeconds"] == stop_s + 5
    assert f"\nTimeoutStopSec={stop_s}\n" in files["chainring.service"]
    assert f"docker run --stop-timeout {stop_s} " in files["README.md"]


def test_an_image_finds_itself_healthy_whatever_proxy_its_host_has(
    packaged: tuple[Path, Packaged],
) -> None:
    _, made = packaged
    asked = re.search(
        r"HEALTHCHECK CMD (\[.*?\])$", (made.folder / "Dockerfile").read_text(), re.S | re.M
    )
    assert asked is not None
    _, *words = json.loads(asked[1].replace("\\\n", ""))
    with running(create_app(DemoVerbs(), settings=DeploymentSettings())) as url:
        beside = {"http_proxy": "http://127.0.0.1:9", "READY": f"{url}/health/ready"}
        subprocess.run([sys.executable, *words], check=True, env=os.environ | beside)


def test_a_cluster_keeps_one_state_that_outlives_its_pod(packaged: tuple[Path, Packaged]) -> None:
    yaml = pytest.importorskip("yaml")
    _, made = packaged
    told = yaml.safe_load_all((made.folder / "kubernetes.yaml").read_text())
    cluster, _, claim = told
    assert cluster["spec"]["replicas"] == 1, "two would know nothing of each other's answers"
    assert cluster["spec"]["strategy"] == {"type": "Recreate"}
    (volume,) = cluster["spec"]["template"]["spec"]["volumes"]
    assert volume["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]


def test_what_it_is_tried_with_stays_out_of_its_image(packaged: tuple[Path, Packaged]) -> None:
    _, made = packaged
    ignored = (made.folder / ".dockerignore").read_text().splitlines()
    assert {"try", *(f"project/.chainring/{name}" for name in TRIED)} <= set(ignored)
    readme = (made.folder / "README.md").read_text()
    assert "cp -r project try" in readme
    assert "serve -p try" in readme


def test_each_package_has_an_image_and_a_state_of_its_own(
    packaged: tuple[Path, Packaged], shop: Path, tmp_path: Path
) -> None:
    _, made = packaged
    with closing(Project.open(shop)) as project:
        again = project.package(tmp_path / "again")
        kept = elsewhere(project, [project.champion().deployment.model])
    assert [folder for folder, _ in kept] == [str(again.folder)]
    for name in ("kubernetes.yaml", "chainring.service"):
        assert (made.folder / name).read_text() != (again.folder / name).read_text()
    one, other = (brought(it.folder / "project") for it in (made, again))
    assert one is not None
    assert other is not None
    assert (one.model, one.rules) == (other.model, other.rules)
    assert one.id != other.id, "another key"
    readme = (made.folder / "README.md").read_text()
    assert f"-v support-{one.id}:/srv/project/.chainring support:" in readme
    assert f"/var/lib/support/project-{one.id}" in readme


NOT_ITS_OWN = {
    "another": "brings model 0123456789ab, but the state beside it",
    "same": "brings the same model, but the state beside it",
}


@pytest.mark.parametrize("model", ["another", "same"])
def test_a_state_of_another_package_is_told(
    model: str, packaged: tuple[Path, Packaged], tmp_path: Path
) -> None:
    _, made = packaged
    folder = copy(made.folder / "project", tmp_path / "project")
    own = brought(folder)
    assert own is not None
    with closing(Project.open(folder)) as project:
        assert project.status()["package"]["beside"] == ""
        assert beside(project) == ""
    newer = replace(own, id="newer", rules="blake2b:aa")
    if model == "another":
        newer = replace(newer, model="blake2b:0123456789abcdef")
    (folder / FILE).write_text(encode(newer))
    with closing(Project.open(folder)) as project:
        told = project.status()["package"]["beside"]
        assert NOT_ITS_OWN[model] in told
        assert "under the rules of this package" in told
        assert told in list(tell_status(project.status()))
    log = folder / "server.log"
    with serving(folder):
        wait_until(lambda: f"package.beside because={told}" in log.read_text("utf-8"))


def test_a_backup_of_a_package_asks_for_no_trees_but_those_of_its_form(
    packaged: tuple[Path, Packaged], tmp_path: Path
) -> None:
    _, made = packaged
    folder, again = copy(made.folder / "project", tmp_path / "project"), tmp_path / "again"
    run("backup", str(tmp_path / "all.tar.gz"), "-p", str(folder))
    run("restore", str(tmp_path / "all.tar.gz"), str(again))
    with closing(Project.open(folder)) as project, closing(Project.open(again)) as restored:
        found = [[one.label for one in own.predict(TEXTS)] for own in (project, restored)]
    assert found[0] == found[1]
    shutil.rmtree(folder / ".chainring" / "store")
    told = refused("backup", str(tmp_path / "half.tar.gz"), "-p", str(folder))
    assert "1 of the 1 trees that the ledger names lie neither in" in told


def test_collecting_in_a_package_leaves_what_it_serves(
    packaged: tuple[Path, Packaged], tmp_path: Path
) -> None:
    _, made = packaged
    folder = copy(made.folder / "project", tmp_path / "project")
    run("gc", "--min-age-hours", "0", "-p", str(folder))
    with closing(Project.open(folder)) as project:
        assert len(project.predict(TEXTS)) == len(TEXTS)


def test_a_restored_package_is_a_package(packaged: tuple[Path, Packaged], tmp_path: Path) -> None:
    _, made = packaged
    folder, again = copy(made.folder / "project", tmp_path / "project"), tmp_path / "again"
    with closing(Project.open(folder)) as project:
        project.backup(tmp_path / "all.tar.gz")
        told = project.status()["package"]
    with closing(Project.restore(tmp_path / "all.tar.gz", again)) as project:
        assert brought(again) == brought(folder)
        assert project.status()["package"] == told
        assert project.status()["because"].startswith("this is a package")
    assert told["id"] == made.id
    with serving(again) as (port, _), closing(Client(port, {"ask": made.key})) as client:
        answer = client.call("POST", "/v1/predict", {"text": TEXTS[0]})
    assert answer["article"]
    assert files_of(again / "articles") == files_of(folder / "articles")


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_articles_of_one_file_come_along_and_take_no_place_that_is_taken(
    packaged: tuple[Path, Packaged], tmp_path: Path
) -> None:
    _, made = packaged
    folder, again = copy(made.folder / "project", tmp_path / "project"), tmp_path / "again"
    (folder / "help.jsonl").write_bytes(b"".join(files_of(folder / "articles").values()))
    recipe = (folder / "chainring.toml").read_text("utf-8")
    (folder / "chainring.toml").write_text(recipe.replace('"articles"', '"help.jsonl"'), "utf-8")
    with closing(Project.open(folder)) as project:
        project.backup(tmp_path / "all.tar.gz")
    again.mkdir()
    (again / "help.jsonl").write_text("mine")
    with pytest.raises(ConflictError, match=r"help\.jsonl is already there; name a new folder"):
        Project.restore(tmp_path / "all.tar.gz", again)
    assert sorted(path.name for path in again.iterdir()) == ["help.jsonl"]
    (again / "help.jsonl").unlink()
    with closing(Project.restore(tmp_path / "all.tar.gz", again)) as project:
        assert project.articles.find("refund_status", "en") is not None


def test_a_backup_of_a_package_holds_linked_articles_and_none_that_are_hidden(
    packaged: tuple[Path, Packaged], tmp_path: Path
) -> None:
    """What a Mac lays beside each file on other disks is no article, and no JSON."""
    _, made = packaged
    folder, again = copy(made.folder / "project", tmp_path / "project"), tmp_path / "again"
    articles = sorted(files_of(folder / "articles"))
    (folder / "kb").mkdir()
    for name in articles:
        (folder / "articles" / name).rename(folder / "kb" / name)
        (folder / "articles" / name).symlink_to(f"../kb/{name}")
        (folder / "articles" / f"._{name}").write_bytes(b"\x00\x05\x16\x07")
    (folder / "articles" / "drafts.jsonl").mkdir()
    with closing(Project.open(folder)) as project:
        assert project.articles.find("refund_status", "en") is not None
        project.backup(tmp_path / "all.tar.gz")
    with closing(Project.restore(tmp_path / "all.tar.gz", again)) as restored:
        assert restored.articles.find("refund_status", "en") is not None
    assert files_of(again / "articles") == files_of(folder / "kb")
    assert not any(path.is_symlink() for path in (again / "articles").iterdir())


def test_reactions_that_are_not_home_yet_are_counted(
    packaged: tuple[Path, Packaged], tmp_path: Path
) -> None:
    _, made = packaged
    folder = copy(made.folder / "project", tmp_path / "project")
    with closing(Project.open(folder)) as project:
        before = project.status()["package"]["reactions"]
        (answer,) = project.predict(["hello"])
        project.react(Reaction(prediction=answer.id, kind="rating", value="up"))
        told = " ".join(tell_status(project.status()))
    assert f"reactions that are kept here: {before + 1}; they teach once" in told
    assert "chainring collect" in (made.folder / "README.md").read_text()


def test_texts_over_the_limit_of_a_request_are_no_golden_texts_of_the_trial(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = shop / "chainring.toml"
    words = "[deployment]\nmax_characters = 25\n"
    recipe.write_text(recipe.read_text("utf-8").replace("[deployment]\n", words))
    with closing(Project.open(shop)) as project:
        assert 0 < project.package(tmp_path / "out").answers <= 16
        monkeypatch.setattr(trial, "read_golden", lambda folder: SimpleNamespace(texts=("x" * 26,)))
        with pytest.raises(RefusedError, match=r"deployment\.max_characters = 25"):
            project.package(tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_a_packaged_server_that_refuses_a_golden_text_is_told_in_a_sentence(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(client: Client, request: object) -> str:
        raise RuntimeError("POST /v1/predict: 500 {}")

    monkeypatch.setattr(trial, "_answer", refuses)
    with closing(Project.open(shop)) as project:
        with pytest.raises(RefusedError, match="did not answer a golden text"):
            project.package(tmp_path / "out")


def test_how_a_model_was_trained_stays_at_home(packaged: tuple[Path, Packaged]) -> None:
    home, made = packaged
    with closing(Project.open(home)) as project:
        (row,) = project.ring.ledger.all_lineage(step="model")
        own = decode(Model, row.result)
        assert "learning_rate" in own.settings
        assert own.rivals
    with closing(Project.open(made.folder / "project")) as project:
        (row,) = project.ring.ledger.all_lineage(step="model")
    model = decode(Model, row.result)
    assert (model.settings, model.rivals) == ("{}", ())
    assert model.dataset == own.dataset


def test_a_file_is_no_folder_to_package_or_restore_into(
    packaged: tuple[Path, Packaged], shop: Path, tmp_path: Path
) -> None:
    mine, archive = tmp_path / "mine.txt", tmp_path / "all.tar.gz"
    mine.write_text("mine")
    said = f"{mine} is a file; name a new folder"
    run("backup", str(archive), "-p", str(shop))
    for place in (mine, mine / "out"):
        assert refused("package", str(place), "-p", str(shop)) == said
        assert refused("restore", str(archive), str(place)) == said
    assert mine.read_text() == "mine"


def test_a_package_makes_no_further_one(packaged: tuple[Path, Packaged], tmp_path: Path) -> None:
    _, made = packaged
    folder = copy(made.folder / "project", tmp_path / "project")
    said = refused("package", str(tmp_path / "out"), "-p", str(folder))
    assert said.startswith("this is a package; run `chainring package` in the project that made it")
    assert not (tmp_path / "out").exists()


DYING = """\
import os, signal, sys
from chainring.software.api import Project
from chainring.software.package import make

setattr(make, sys.argv[3], lambda *given, **named: os.kill(os.getpid(), signal.SIGKILL))
Project.open(sys.argv[1]).package(sys.argv[2])
"""


@pytest.mark.parametrize(("place", "known"), [("tried", 0), ("_put_in_place", 1)])
def test_what_a_killed_one_left_is_no_package_and_later_the_next_one_takes_its_place(
    shop: Path, tmp_path: Path, place: str, known: int
) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-c", DYING, str(shop), str(out), place]
    done = subprocess.run(command, env=ALONE, timeout=PATIENCE_S, check=False)
    assert done.returncode == -signal.SIGKILL
    assert not (out / "project").exists()
    with closing(Project.open(shop)) as project:
        assert len(project.ring.ledger.facts(KIND, Package)) == known  # before it can serve
        with pytest.raises(ConflictError, match="not empty"):  # another container may be at it
            project.package(out)
        for one in out.rglob("*"):
            os.utime(one, (0, 0))
        made = project.package(out)
    assert brought(out / "project") is not None
    assert made.folder == out
    assert [path.name for path in out.iterdir() if ".project." in path.name] == []


def test_a_folder_with_anything_in_it_is_left_alone(shop: Path, tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    (place / "mine.txt").write_text("mine")
    with closing(Project.open(shop)) as project, pytest.raises(ConflictError, match="not empty"):
        project.package(place)
    assert [path.name for path in place.iterdir()] == ["mine.txt"]


def test_a_champion_that_needs_torch_is_refused_with_the_reasons_of_its_other_forms(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(module.ENGINES, "linear")
    with closing(Project.open(shop)) as project:
        with pytest.raises(RefusedError, match="needs the training extra; its other forms: none"):
            project.package(tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_package_that_answers_otherwise_is_not_handed_over(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "_answer", lambda client, request: "something else")
    with closing(Project.open(shop)) as project:
        with pytest.raises(RefusedError, match="16 of 16 golden texts otherwise"):
            project.package(tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory, packaged: tuple[Path, Packaged]) -> Path:
    """Return the Python of a new environment with what the package asks for, and nothing else."""
    _, made = packaged
    place = tmp_path_factory.mktemp("fresh") / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
    python = place / "bin" / "python"
    install = [str(python), "-m", "pip", "install", "--quiet", "--no-deps", "-r"]
    done = subprocess.run(
        [*install, "requirements.txt"], cwd=made.folder, capture_output=True, text=True
    )
    if "No matching distribution" in done.stderr or "Connection" in done.stderr:
        pytest.skip("no index of packages can be reached from here")
    assert done.returncode == 0, done.stderr
    return python


@pytest.mark.slow
def test_it_serves_in_a_fresh_environment_and_answers_the_same(
    packaged: tuple[Path, Packaged], fresh: Path
) -> None:
    home, made = packaged
    with closing(Project.open(home)) as project:
        expected = [one.label for one in project.predict(TEXTS)]
    missing = subprocess.run([str(fresh), "-c", "import torch"], capture_output=True)
    assert missing.returncode != 0
    with serving(made.folder / "project", python=str(fresh)) as (port, _):
        with closing(Client(port, {"ask": made.key})) as client:
            told = client.call("POST", "/v1/predict", {"texts": TEXTS})["predictions"]
    assert [one["label"] for one in told] == expected


@pytest.mark.parametrize("label", ["stock", "运费", "out of stock", "faq.shipping", 'a "b"', ""])
def test_the_name_of_any_label_goes_into_its_recipe(
    turned: Path, tmp_path: Path, label: str
) -> None:
    folder = copy(turned, tmp_path / "shop")
    with (folder / "chainring.toml").open("a", encoding="utf-8") as recipe:
        recipe.write(f'\n[project.labels]\n{json.dumps(label)} = {{ zh = "库存" }}\n')
    with opened(folder) as project:
        text = recipe_text(project, tmp_path)
    assert parse_recipe(tomllib.loads(text)).project.called(label) == {"zh": "库存"}


def test_a_package_goes_into_a_folder_of_what_a_system_laid_there(
    packaged: tuple[Path, Packaged], tmp_path: Path
) -> None:
    home, _ = packaged
    (tmp_path / "shop").mkdir()
    with closing(Project.open(home)) as project:
        made = project.package(littered(tmp_path / "shop"))
    assert (made.folder / "project" / "chainring.toml").is_file()
