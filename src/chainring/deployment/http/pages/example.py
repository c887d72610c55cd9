"""The page that shows how a web page of one's own asks: the snippet, and the same at work."""

from __future__ import annotations

from starlette.responses import Response

from chainring.deployment.http.calls import Call
from chainring.deployment.http.pages.layout import heading, page
from chainring.deployment.http.pages.markup import tag
from chainring.deployment.http.pages.strings import Strings

_SNIPPET = """<script type="module">
  import {{ Chainring }} from "{url}/assets/chainring.js";

  const house = new Chainring("{url}", {{ key: "cr_ask_…", author: "visitor-7" }});
  const answer = await house.ask("{text}");
  console.log(answer.label || answer.output, answer.confidence);
  await house.react(answer.id, "rating", "up");
</script>"""


async def example(call: Call) -> Response:
    """Draw the page."""
    say = Strings(call.language)
    url = str(call.request.base_url).rstrip("/")
    snippet = _SNIPPET.format(url=url, text=say("example.text"))
    field = tag(
        "input", type="text", name="text", required=True, maxlength=2000, value=say("example.text")
    )
    form = tag(
        "form",
        tag("label", tag("span", say("ask.label")), field),
        tag("button", say("example.go"), type="submit", class_="primary"),
        class_="asking",
    )
    shown = tag("p", tag("output", aria_live="polite"))
    told = tag("p", class_="told", role="status")
    return page(
        call,
        heading(say("example.title"), say("example.lead")),
        tag("pre", tag("code", snippet), tabindex="0"),
        tag("p", say("example.key")),
        tag(
            "section",
            tag("h2", say("example.live")),
            form,
            shown,
            told,
            class_="card",
            id="example",
        ),
        title=say("example.title"),
        script="example.js",
        words=("example.told",),
    )
