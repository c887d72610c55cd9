"""The words of each refusal over HTTP: its status, message and next step in both languages.

WORDINGS["too_large"].zh
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wording:
    """Status, then message and next step in English and in Chinese."""

    status: int
    en: str
    en_next: str
    zh: str
    zh_next: str


WORDINGS: dict[str, Wording] = {
    "bad_json": Wording(
        400,
        "The body is not valid JSON in UTF-8.",
        'Send an object like {"text": "Where is my parcel?"}.',
        "请求体不是有效的 UTF-8 JSON。",
        '请发送这样的对象：{"text": "我的包裹到哪了？"}。',
    ),
    "bad_head": Wording(
        400,
        "This is no request in HTTP/1.1.",
        "Check the address and the program that sent it: a server without a certificate speaks "
        "no https.",
        "这不是 HTTP/1.1 请求。",
        "请检查地址和发送请求的程序：没有配置证书的服务不支持 https。",
    ),
    "bad_chunk": Wording(
        400,
        "The body is not in chunks, as its head says.",
        "Check the program that sent it, and the proxies on its way.",
        "请求体不是其请求头所声明的分块格式。",
        "请检查发送请求的程序和途中的代理。",
    ),
    "no_key": Wording(
        401,
        "This needs a key.",
        "Send it as `Authorization: Bearer KEY`; an operator makes one with `chainring keys`.",
        "此操作需要密钥。",
        "请以 `Authorization: Bearer 密钥` 发送；管理员可用 `chainring keys` 生成。",
    ),
    "wrong_key": Wording(
        401,
        "This key is not valid here.",
        "Check it for typing errors, or ask an operator for a new one.",
        "此密钥无效。",
        "请检查是否输入有误，或向管理员索取新的密钥。",
    ),
    "not_allowed": Wording(
        403,
        "Your key does not reach this.",
        "Use a key of a role that reaches it; docs/how-to/keys-and-roles.md lists them.",
        "您的密钥没有此权限。",
        "请使用具有相应角色的密钥；角色见 docs/how-to/keys-and-roles.zh-CN.md。",
    ),
    "foreign_origin": Wording(
        403,
        "This request came from another web site.",
        "Open the page of this server and repeat it there.",
        "此请求来自其他网站。",
        "请在本服务的页面上重新操作。",
    ),
    "foreign_host": Wording(
        403,
        "A server without keys answers under its own name only.",
        "Open it as http://localhost, or make keys with `chainring keys`.",
        "没有密钥的服务只能用本机名称访问。",
        "请用 http://localhost 打开，或用 `chainring keys` 生成密钥。",
    ),
    "not_found": Wording(
        404,
        "There is no such thing here.",
        "Check the id.",
        "没有找到。",
        "请检查编号。",
    ),
    "no_route": Wording(
        404,
        "There is no such address here.",
        "See /docs for all addresses.",
        "没有这个地址。",
        "所有地址见 /docs。",
    ),
    "wrong_method": Wording(
        405,
        "This address does not take that method.",
        "See /docs for all addresses.",
        "此地址不支持该方法。",
        "所有地址见 /docs。",
    ),
    "slow_body": Wording(
        408,
        "The body did not arrive in time.",
        "Send it again in one go.",
        "请求体未能及时到达。",
        "请一次性重新发送。",
    ),
    "conflict": Wording(
        409,
        "Somebody else was first.",
        "Load the page again and look at the new state.",
        "其他人已先行操作。",
        "请刷新页面，查看新的状态。",
    ),
    "too_large": Wording(
        413,
        "The body is too large.",
        "Send fewer texts at a time.",
        "请求体过大。",
        "请减少每次发送的文本。",
    ),
    "bad_input": Wording(
        422,
        "The request cannot be used.",
        "Correct what is listed under `faults` and send it again.",
        "请求内容无法使用。",
        "请修正 `faults` 中列出的问题后重新发送。",
    ),
    "busy": Wording(
        429,
        "Too many texts are waiting.",
        "Try again after the seconds in Retry-After.",
        "等待处理的文本过多。",
        "请在 Retry-After 所示的秒数之后重试。",
    ),
    "too_many_tries": Wording(
        429,
        "Too many wrong keys from this address.",
        "Wait for a minute, then send the right key.",
        "此地址尝试错误密钥的次数过多。",
        "请等待一分钟，再使用正确的密钥。",
    ),
    "long_head": Wording(
        431,
        "Address and headers of the request are too long.",
        "Send texts in the body, and leave out cookies and headers that are not needed.",
        "请求的地址和请求头过长。",
        "请将文本放在请求体中发送，并去掉不需要的 Cookie 和请求头。",
    ),
    "too_often": Wording(
        429,
        "This key asks more often than it may.",
        "Try again after the seconds in Retry-After, or ask an operator for a higher limit.",
        "此密钥的请求过于频繁。",
        "请在 Retry-After 所示的秒数之后重试，或请管理员提高限额。",
    ),
    "quota": Wording(
        429,
        "This key has used up its texts of the day.",
        "Try again tomorrow (UTC), or ask an operator for a larger quota.",
        "此密钥已用完当天的文本配额。",
        "请明天（UTC）再试，或请管理员提高配额。",
    ),
    "key_reused": Wording(
        422,
        "This Idempotency-Key came with another body before.",
        "Use a new key for a new request.",
        "此 Idempotency-Key 曾用于另一个请求体。",
        "新的请求请使用新的键。",
    ),
    "unfit": Wording(
        422,
        "The model that answers here cannot do this.",
        "GET /v1/models says what it can do.",
        "现任模型不支持此操作。",
        "GET /v1/models 列出了它支持的功能。",
    ),
    "no_model": Wording(
        404,
        "No such model answers here.",
        "GET /v1/models lists those that do; leave `model` out to ask the one in service.",
        "这里没有这个模型。",
        "GET /v1/models 列出可用的模型；省略 `model` 则使用现任模型。",
    ),
    "gone": Wording(
        408,
        "The caller went away before it was answered.",
        "Ask again.",
        "请求方在得到回答之前已离开。",
        "请重新提问。",
    ),
    "too_slow": Wording(
        503,
        "The answer took longer than one request may.",
        "Send fewer texts at a time, or try again when the server is less busy.",
        "回答耗时超过单个请求的上限。",
        "请减少每次发送的文本，或在服务不忙时重试。",
    ),
    "full": Wording(
        503,
        "Too many callers are connected to the server.",
        "Try again after the seconds in Retry-After, over one connection for many requests.",
        "连接到此服务的请求方过多。",
        "请在 Retry-After 所示的秒数之后重试，并用同一连接发送多个请求。",
    ),
    "not_ready": Wording(
        503,
        "The server does not answer now.",
        "Try again in a few seconds.",
        "服务暂时不可用。",
        "请几秒后重试。",
    ),
    "unserved": Wording(
        503,
        "No model is in service here.",
        "Ask whoever operates this server.",
        "此服务目前没有可用的模型。",
        "请联系管理员。",
    ),
    "unavailable": Wording(
        503,
        "The server cannot do this now.",
        "Try again in some seconds; if it stays so, ask its operator: its log says more.",
        "服务暂时无法完成此操作。",
        "请过几秒重试；若仍是如此，请联系管理员：服务日志中有更多信息。",
    ),
    "internal": Wording(
        500,
        "Something went wrong inside the server.",
        "Try again; if it stays so, ask its operator.",
        "服务内部出错。",
        "请重试；如果仍然出错，请联系管理员。",
    ),
}
