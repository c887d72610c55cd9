from __future__ import annotations

import httpx
import pytest

from chainring.deployment.http.pages.table import assets


@pytest.mark.parametrize(
    "path", ["/", "/ring", "/nowhere", "/v1/labels", "/assets/style.css", "/openapi.json"]
)
def test_every_answer_tells_the_browser_to_load_from_here_only(
    client: httpx.Client, path: str
) -> None:
    headers = client.get(path, headers={"accept": "text/html"}).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "server" not in headers


def test_answers_are_not_kept_by_caches_but_files_are_asked_for_again(client: httpx.Client) -> None:
    assert client.get("/v1/status").headers["cache-control"] == "no-store"
    first = client.get("/assets/style.css")
    assert first.headers["cache-control"] == "no-cache"
    again = client.get("/assets/style.css", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_files_outside_the_folder_are_not_given(client: httpx.Client) -> None:
    for name in ("..%2fapp.py", "%2e%2e%2fapp.py", "nothing.css", "../app.py"):
        assert client.get(f"/assets/{name}").status_code == 404


def test_no_file_names_another_host() -> None:
    for name, (content, _, _) in assets().items():
        text = content.decode().replace("http://www.w3.org/2000/svg", "")
        assert "http" not in text, name
        assert "//" not in text.replace("// ", "") or name.endswith(".js")
