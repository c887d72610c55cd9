"""The words of the page that shows how a web page asks, and of routes for programs."""

from __future__ import annotations

EXAMPLE: dict[str, tuple[str, str]] = {
    "example.title": ("From a web page", "在网页中使用"),
    "example.lead": (
        "One file of this server lets a page of yours ask, react and read an answer as it is "
        "written.",
        "只需引入本服务的一个文件，您的网页即可提问、反馈，并逐步读取回答。",
    ),
    "example.key": (
        "Everybody who opens a page can read its key: make one that only does what the page does, "
        "with a limit. Other sites may call only where deployment.cors_origins names them.",
        "打开网页的任何人都能看到其中的密钥：请为网页单独生成权限最小且有限额的密钥。"
        "其他网站须列入 deployment.cors_origins 才能调用。",
    ),
    "example.live": ("The same at work", "实际运行"),
    "example.text": ("Where is my parcel?", "我的包裹到哪了？"),
    "example.go": ("Ask", "提问"),
    "example.told": ("{percent}% sure, answer {id}", "把握 {percent}%，回答编号 {id}"),
    "route.GET /v1/models": (
        "The models that answer here, each with the shape of its requests and answers",
        "当前可用的模型及其请求与回答的格式",
    ),
    "route.GET /v1/models/{id}": ("One model", "单个模型"),
    "route.POST /v1/embeddings": (
        "Vectors of texts, as OpenAI's interface has them",
        "文本向量（兼容 OpenAI 接口）",
    ),
    "route.POST /v1/chat/completions": (
        "The reply to a conversation, as OpenAI's interface has it",
        "对话回复（兼容 OpenAI 接口）",
    ),
    "route.GET /v1/keys": ("The keys, without their secrets", "密钥列表（不含密钥值）"),
    "route.POST /v1/keys": ("Make a key", "生成密钥"),
    "route.POST /v1/keys/{id}/rotate": ("Give a key a new secret", "轮换密钥"),
    "route.POST /v1/keys/{id}/revoke": ("End a key", "吊销密钥"),
    "route.GET /v1/audit": ("What was done with privilege", "特权操作记录"),
    "field.stream": (
        "true: one text, answered as server-sent events while it is written",
        "true：逐步返回（server-sent events），每次一条文本",
    ),
    "field.input": ("text or texts", "一条或多条文本"),
    "field.encoding_format": ("float or base64", "float 或 base64"),
    "field.messages": (
        "the conversation, the last message the user's",
        "对话；最后一条须为用户所说",
    ),
    "field.model": ("id of a model, or the application's", "模型编号或应用名称"),
    "field.user": ("pseudonym of who asks", "提问者的化名"),
    "field.role": ("role of the key", "密钥的角色"),
    "field.name": ("whom it is for", "使用者"),
    "field.days": ("days until it ends; none: never", "有效天数；不填为永久"),
    "field.only": ("verbs that it is held to", "仅限的操作"),
    "field.per_minute": ("requests a minute; 0: no limit", "每分钟请求数；0 为不限"),
    "field.per_day": ("texts a day; 0: no limit", "每天文本数；0 为不限"),
    "field.grace_hours": ("how long the old one goes on", "旧密钥继续有效的小时数"),
}
