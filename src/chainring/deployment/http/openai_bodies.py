"""What clients of OpenAI's interface send, as far as our models can answer it.

Fields that name how to sample are taken and not used: our models write as their recipe says. Which
ones those were is told in the answer (`chainring.not_used`), so that nobody is misled in silence.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from chainring.contracts.errors import InputError
from chainring.deployment.http.bodies import Name, Text, Texts

_ANSWERED = frozenset({"model", "messages", "input", "stream", "stream_options", "user", "n",
                       "encoding_format"})  # fmt: skip
_REFUSED = ("tools", "functions", "audio", "logprobs", "dimensions")


class Sent(BaseModel):
    """A JSON object as clients of OpenAI's interface send it: null is a field left out."""

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, sent: Any) -> Any:
        if not isinstance(sent, dict):
            return sent
        return {name: value for name, value in sent.items() if value is not None}


class OpenBody(Sent):
    """A JSON object that may hold more than we know."""

    model_config = ConfigDict(extra="allow", frozen=True)

    model: Name = Field("", description="id of a model of GET /v1/models, or the application's")
    user: Name = Field("", description="pseudonym of who asks")

    def not_used(self) -> list[str]:
        """Return the names of fields that were sent and change nothing; refuse some outright."""
        sent = set(self.model_fields_set) | set(self.model_extra or {})
        faults = [f"{name}: not supported here" for name in _REFUSED if self._asks(name)]
        if faults:
            raise InputError("the request asks for what no model here can do", faults=faults)
        unused = sent - _ANSWERED - set(_REFUSED)
        return sorted(unused - {"response_format"} if self._wants_text else unused)

    @property
    def _wants_text(self) -> bool:
        """Whether the form that is asked for is the one that every model gives."""
        return (self.model_extra or {}).get("response_format") == {"type": "text"}

    def _asks(self, name: str) -> bool:
        return bool((self.model_extra or {}).get(name))


class EmbeddingsBody(OpenBody):
    """One text or several, to be turned into vectors."""

    input: Text | Annotated[Texts, Field(min_length=1)] = Field(description="text or texts")
    encoding_format: Literal["float", "base64"] = Field("float", description="float or base64")

    @field_validator("input", mode="before")
    @classmethod
    def _no_tokens(cls, sent: Any) -> Any:
        if isinstance(sent, list) and any(isinstance(one, int | list) for one in sent):
            raise ValueError(
                "texts are expected, no numbers of tokens; send the text itself "
                "(in LangChain: `check_embedding_ctx_length=False`)"
            )
        return sent

    def texts(self) -> list[str]:
        """Return the texts."""
        return [self.input] if isinstance(self.input, str) else list(self.input)

    def require_words(self) -> None:
        """Refuse texts that are empty; all of them are named."""
        blank = [place for place, text in enumerate(self.texts()) if not text.strip()]
        single = isinstance(self.input, str)
        faults = ["input: empty" if single else f"input.{place}: empty" for place in blank]
        if faults:
            raise InputError("the texts cannot be answered", faults=faults[:20])


class Part(BaseModel):
    """A part of a message; only text can be read."""

    type: Literal["text"] = Field("text", description="text")
    text: Text = Field(description="the text")


class Message(Sent):
    """One message of a conversation."""

    role: Literal["system", "developer", "user", "assistant"] = Field(description="who speaks")
    content: Text | Annotated[list[Part], Field(fail_fast=True)] = Field(description="what is said")
    name: Name = Field("", description="ignored")

    def plain(self) -> dict[str, str]:
        """Return role and text, as rows of dialogues have them."""
        said = self.content
        text = said if isinstance(said, str) else "".join(part.text for part in said)
        return {"role": "system" if self.role == "developer" else self.role, "content": text}


class ChatBody(OpenBody):
    """A conversation that wants its next reply."""

    messages: Annotated[list[Message], Field(min_length=1, max_length=1000, fail_fast=True)]
    stream: bool = Field(False, description="true: server-sent events")
    stream_options: dict[str, Any] | None = Field(None, description="include_usage")
    n: Literal[1] = Field(1, description="one answer")

    @property
    def wants_usage(self) -> bool:
        """Whether a stream ends with the numbers of tokens."""
        return bool((self.stream_options or {}).get("include_usage"))
