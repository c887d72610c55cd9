"""Every word that the pages say, in English and in Chinese.

Enters a key and a language, leaves a text; `{name}` in it is filled from the call.
"""

from __future__ import annotations

from chainring.contracts.said import in_language
from chainring.deployment.http.language import Language
from chainring.deployment.http.pages.docs_strings import DOCS
from chainring.deployment.http.pages.example_strings import EXAMPLE
from chainring.deployment.http.pages.watch_strings import WATCH
from chainring.deployment.http.pages.why_strings import WHY

STRINGS: dict[str, tuple[str, str]] = {
    # every page
    "site": ("chainring", "chainring"),
    "skip": ("Skip to the content", "跳到正文"),
    "nav": ("Pages", "页面"),
    "nav.ask": ("Ask", "提问"),
    "nav.review": ("Review", "审核"),
    "nav.cases": ("Cases", "个案"),
    "nav.ring": ("Ring", "闭环"),
    "nav.docs": ("Interface", "接口"),
    "language": ("Language", "语言"),
    "sign_out": ("Sign out", "退出"),
    "noscript": (
        "This page needs JavaScript; it loads only from this server.",
        "此页面需要 JavaScript，脚本仅从本服务加载。",
    ),
    "footer": (
        "Answers come from a model and can be wrong. Tell it when they are.",
        "回答由模型给出，可能有误。发现错误请告诉它。",
    ),
    "failed": ("That did not work.", "操作未成功。"),
    "signed_out": (
        "Your key has ended. Sign in, come back to this tab and send again.",
        "您的密钥已失效。请登录后回到此标签页重新发送。",
    ),
    "signed_out.go": ("Sign in (in a new tab)", "登录（在新标签页打开）"),
    "offline": ("The server cannot be reached. Try again.", "无法连接服务，请重试。"),
    "new_tab": (" (in a new tab)", "（在新标签页打开）"),
    "send": ("Send", "发送"),
    "cancel": ("Cancel", "取消"),
    "sent": ("Thank you.", "谢谢。"),
    "yes": ("yes", "是"),
    "no": ("no", "否"),
    "none_yet": ("Nothing yet", "暂无数据"),
    # signing in
    "login.title": ("Sign in", "登录"),
    "login.lead": (
        "This server wants a key. Its operator makes one with `chainring keys`.",
        "本服务需要密钥。管理员可用 `chainring keys` 生成。",
    ),
    "login.key": ("Key", "密钥"),
    "login.go": ("Sign in", "登录"),
    "login.wrong": (
        "This key is not valid here. Check it for typing errors.",
        "此密钥无效，请检查是否输入有误。",
    ),
    "login.no_page": (
        "This key is for programs: none of the pages is open to it.",
        "此密钥供程序使用，不能打开任何页面。",
    ),
    "login.too_many": (
        "Too many wrong keys. Wait for a minute.",
        "错误次数过多，请等待一分钟。",
    ),
    # asking
    "ask.title": ("Ask", "提问"),
    "ask.head": ("What would you like to know?", "您想了解什么？"),
    "ask.label": ("Your question", "您的问题"),
    "ask.pair": ("The other text", "另一段文本"),
    "ask.placeholder": ("Write in English or Chinese", "可用中文或英文输入"),
    "ask.go": ("Ask", "提问"),
    "ask.hint": ("Enter asks, Shift + Enter starts a new line", "回车提问，Shift + 回车换行"),
    "ask.knows": ("It knows about", "它了解"),
    "ask.more": ("of {n} in all", "等共 {n} 类"),
    "ask.empty": ("Write your question first.", "请先写下您的问题。"),
    "ask.waiting": ("Thinking…", "正在思考…"),
    "ask.you": ("You asked", "您问"),
    "ask.answer": ("Answer", "回答"),
    "ask.passed_on": ("Not sure, passing on to a person", "不太确定，正在转接人工"),
    "ask.best_guess": ("Best guess: {label}", "最接近的是：{label}"),
    "ask.confidence": ("Confidence", "把握"),
    "ask.sure_high": ("very sure", "很有把握"),
    "ask.sure_middle": ("fairly sure", "较有把握"),
    "ask.sure_low": ("unsure", "把握不大"),
    "ask.sure_passed": ("not sure enough", "把握不足"),
    "ask.outside": ("This seems to be outside of what I know", "这似乎不在我了解的范围内"),
    "ask.passage": ("The passage it stands in", "答案所在的段落"),
    "ask.article": ("Help article", "帮助文章"),
    "ask.why": ("Why this answer?", "为什么这样回答？"),
    "ask.rate": ("Was this right?", "回答正确吗？"),
    "ask.up": ("Yes, helpful", "有帮助"),
    "ask.down": ("No, not helpful", "没帮助"),
    "ask.correct": ("Correct it", "更正"),
    "ask.comment": ("Comment", "评论"),
    "ask.flag": ("Report", "举报"),
    "ask.rated": ("Thank you, that is noted.", "谢谢，已记录。"),
    "correct.head": ("What is the right answer?", "正确的回答是什么？"),
    "correct.text": ("Better text", "更好的文本"),
    "correct.number": ("Right number", "正确的数值"),
    "correct.tags": (
        "Right tags, as JSON [[start, end, kind], …]",
        "正确的标注，JSON 形式 [[起, 止, 类别], …]",
    ),
    "correct.unwritten": ("Write what would be right first.", "请先写出正确的内容。"),
    "correct.label": ("Right label", "正确标签"),
    "correct.hint": (
        "Search the list, or write a new one",
        "可搜索列表，也可输入新标签",
    ),
    "correct.new": ("New label: {label}", "新标签：{label}"),
    "correct.learn": ("Correct it and let it learn", "更正并用于学习"),
    "correct.quiet": ("Correct it without learning", "更正，但不用于学习"),
    "correct.empty": ("Choose or write a label first.", "请先选择或输入标签。"),
    "correct.learnt": (
        "Thank you. Once reviewed, your text teaches the next model.",
        "谢谢。审核后，您的文本将用于训练下一个模型。",
    ),
    "correct.kept": (
        "Thank you. It is counted; your text is not learnt from.",
        "谢谢。已计入统计，您的文本不会用于学习。",
    ),
    "comment.head": ("What should we know?", "您想告诉我们什么？"),
    "comment.label": ("Your comment", "您的评论"),
    "comment.empty": ("Write a comment first.", "请先写下评论。"),
    "flag.head": ("What is wrong with this answer?", "这个回答有什么问题？"),
    "flag.wrong": ("Wrong", "错误"),
    "flag.harmful": ("Harmful", "有害"),
    "flag.unfair": ("Unfair", "不公平"),
    "flag.private": ("Shows private data", "泄露隐私"),
    "flag.words": ("In your words (optional)", "补充说明（可不填）"),
    "flag.opened": ("Thank you. A person will look at it.", "谢谢。会有人工处理。"),
    "flag.follow": ("Follow your case", "查看处理进度"),
    # reviewing
    "review.title": ("Review", "审核"),
    "review.lead": (
        "Your decisions are the truth that the next model is taught and judged by.",
        "您的判断就是下一个模型学习和评判的依据。",
    ),
    "review.left": ("{n} to look at", "待审核 {n} 条"),
    "review.more": ("{n} to look at, then more", "待审核 {n} 条，之后还有"),
    "review.empty": ("Nothing waits. Well done.", "全部审核完毕。"),
    "review.passage": ("The passage that the model chose", "模型所选的段落"),
    "review.not_yet": ("Nothing to review yet: {why}.", "还没有可审核的内容：{why}。"),
    "review.keys": (
        "Keys: J next · K previous · A accept · C change · R reject · M must",
        "快捷键：J 下一条 · K 上一条 · A 接受 · C 更改 · R 拒绝 · M 必须",
    ),
    "review.model": ("Model says", "模型认为"),
    "review.user": ("User says", "用户认为"),
    "review.accept": ("Accept: {label}", "接受：{label}"),
    "review.accept_text": ("Accept", "接受"),
    "review.change": ("Change", "更改"),
    "review.name": ("Name these texts", "为这些文本命名"),
    "review.change_to": ("The right label", "正确的标签"),
    "review.save": ("Save", "保存"),
    "review.reject": ("Reject", "拒绝"),
    "review.must": ("Must stay right in every later model", "以后的模型都必须答对"),
    "review.accepted": ("Accepted", "已接受"),
    "review.changed": ("Changed to {label}", "已改为 {label}"),
    "review.rejected": ("Rejected", "已拒绝"),
    "review.by": ("by {author}", "来自 {author}"),
    "kind.flag": ("Reported", "举报"),
    "kind.correction": ("Correction", "更正"),
    "kind.holdout": ("Sample", "抽样"),
    "kind.unsure": ("Unsure", "不确定"),
    "kind.doubtful": ("Doubtful", "存疑"),
    "kind.deciding": ("Decides", "定胜负"),
    "kind.suspect": ("Suspected label", "可疑标签"),
    "kind.cluster": ("To be named", "待命名"),
    # cases
    "cases.title": ("Cases", "个案"),
    "cases.lead": (
        "Reports that a person has to close; the reporter reads what you tell.",
        "需要人工结案的举报；举报人会看到您的答复。",
    ),
    "cases.open": ("Open", "未结"),
    "cases.closed": ("Closed", "已结"),
    "cases.none": ("No cases here.", "没有个案。"),
    "cases.answer": ("See the answer", "查看回答"),
    "cases.outcome": ("What was done", "处理结果"),
    "cases.told": ("What the reporter is told", "给举报人的答复"),
    "cases.truth": ("Right label (optional)", "正确标签（可不填）"),
    "cases.close": ("Close the case", "结案"),
    "cases.unwritten": (
        "Write what was done and what the reporter is told.",
        "请写明处理结果和给举报人的答复。",
    ),
    "cases.done": ("Closed", "已结案"),
    "cases.owner": ("closed by {owner}", "由 {owner} 结案"),
    "case.title": ("Your case", "您的个案"),
    "case.opened": ("Reported {when}", "举报时间：{when}"),
    "case.wait": (
        "A person will look at it. Keep this address to see what came of it.",
        "会有人工处理。请保存此网址，以便查看结果。",
    ),
    "case.told": ("Our answer", "我们的答复"),
    "case.outcome": ("What was done", "处理结果"),
    # the ring
    "ring.title": ("Ring", "闭环"),
    "ring.lead": (
        "How the model changed, turn by turn, and what its users said of it.",
        "模型每一圈的变化，以及用户的评价。",
    ),
    "ring.champion": ("Answers now", "现任模型"),
    "ring.no_champion": (
        "No model yet: run `chainring turn`.",
        "还没有模型：请运行 `chainring turn`。",
    ),
    "ring.since": ("since {when}", "自 {when} 起"),
    "ring.accuracy": ("Accuracy", "准确率"),
    "ring.accuracy.graded": ("Mean score", "平均得分"),
    "ring.by.cost": ("Cost a row", "每行成本"),
    "ring.by.balanced_accuracy": ("Balanced accuracy", "平衡准确率"),
    "ring.of_turn": ("turn {n}", "第 {n} 圈"),
    "ring.took_over": ("As it took over: {because}", "上线时：{because}"),
    "ring.between": ("between {low} and {high}", "介于 {low} 与 {high} 之间"),
    "ring.passed_on": ("Passed on to a person", "转接人工"),
    "ring.last_days": ("last {n} days", "最近 {n} 天"),
    "ring.last_day": ("last day", "最近 1 天"),
    "ring.predictions": ("Answers", "回答"),
    "ring.feedback": ("Reactions", "反馈"),
    "ring.waiting": ("Waiting", "等待处理"),
    "ring.turns": ("Turns", "轮次"),
    "ring.turn": ("Turn", "轮次"),
    "ring.day": ("Day (UTC)", "日期（UTC）"),
    "ring.when": ("When", "时间"),
    "ring.model": ("Model", "模型"),
    "ring.verdict": ("Verdict", "裁决"),
    "ring.because": ("Because", "理由"),
    "ring.promoted": ("promoted", "已上线"),
    "ring.held": ("held", "未上线"),
    "ring.chart.accuracy": ("Accuracy per turn", "每圈准确率"),
    "ring.chart.accuracy.graded": ("Mean score per turn", "每圈平均得分"),
    "ring.chart.same_rows": ("both on the same rows", "两者在相同的行上"),
    "ring.chart.interval": ("with 95% intervals", "含 95% 区间"),
    "ring.chart.languages": ("Accuracy by language", "各语言准确率"),
    "ring.chart.languages.graded": ("Mean score by language", "各语言平均得分"),
    "ring.chart.feedback": ("Reactions by kind", "各类反馈"),
    "ring.chart.passed_on": ("Share passed on to a person", "转接人工的比例"),
    "ring.chart.satisfaction": ("Satisfaction", "满意度"),
    "ring.chart.thumbs": ("share of thumbs up", "好评占比"),
    "ring.challenger": ("new", "新模型"),
    "ring.before": ("before", "旧模型"),
    "language.en": ("English", "英文"),
    "language.zh": ("Chinese", "中文"),
    "language.und": ("unknown language", "未知语言"),
    "feedback.rating": ("rating", "评分"),
    "feedback.confirmation": ("confirmation", "确认"),
    "feedback.correction": ("correction", "更正"),
    "feedback.preference": ("preference", "偏好"),
    "feedback.comment": ("comment", "评论"),
    "feedback.outcome": ("outcome", "结果"),
    "feedback.flag": ("report", "举报"),
    "waiting.corrections": ("corrections", "更正"),
    "waiting.review": ("to review", "待审核"),
    "waiting.cases": ("cases", "个案"),
    "verdict.first": ("first model", "首个模型"),
    "verdict.better": ("better", "更好"),
    "verdict.no measurable difference": ("no measurable difference", "无可测差别"),
    "verdict.worse within noise": ("worse within noise", "略差，在误差之内"),
    "verdict.worse": ("worse", "更差"),
    "verdict.not fit": ("not fit", "不合格"),
    "measure.accuracy": ("by accuracy", "按准确率"),
    "measure.accuracy.graded": ("by mean score", "按平均得分"),
    "measure.balanced_accuracy": ("by balanced accuracy", "按平衡准确率"),
    "measure.cost": ("by cost", "按成本"),
    # the interface
    "docs.title": ("Interface", "接口"),
    "docs.lead": (
        "Every address of this server. The same as a file for tools: {link}.",
        "本服务的全部地址。供工具使用的文件：{link}。",
    ),
    "docs.key": ("needs a key", "需要密钥"),
    "docs.body": ("Body", "请求体"),
    "docs.answer": ("Answer", "返回"),
    "docs.try": ("Try it", "试一试"),
    # failures
    "error.title": ("Something is wrong", "出错了"),
    "error.back": ("Back to the start", "返回首页"),
    # labels that carry no name of their own
    "label.out_of_scope": ("Out of scope", "不在范围内"),
    **DOCS,
    **EXAMPLE,
    **WATCH,
    **WHY,
}


class Strings:
    """The words of one language."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def __call__(self, key: str, **fields: object) -> str:
        """Return the text of a key, with its fields filled in."""
        text = STRINGS[key][0 if self.language == "en" else 1]
        return text.format(**fields) if fields else text

    def told(self, sentence: str) -> str:
        """Return what somebody or something said, in this language where it was said in both."""
        return in_language(sentence, self.language)

    def known(self, key: str, otherwise: str) -> str:
        """Return the text of a key that may have none."""
        return self(key) if key in STRINGS else otherwise

    def some(self, *prefixes: str) -> dict[str, str]:
        """Return the texts whose keys begin so, for a script."""
        return {key: self(key) for key in STRINGS if key.startswith(prefixes)}
