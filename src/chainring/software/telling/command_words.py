"""The sentences of commands that serve, ask, review, give keys and keep house, in two languages.

say("key made", id=key.id, name=own(key.name), role=key.role)
"""

from __future__ import annotations

from chainring.contracts.said import Said, joined
from chainring.software.telling.result_words import own
from chainring.software.telling.review_words import ASKED
from chainring.text.house_words import DECIDERS
from chainring.text.sentences import Sentences

__all__ = ["SENTENCES", "because", "own", "say", "word"]

_NAMES = {
    # what waits for a review
    "deciding": "定胜负", "flag": "举报", "correction": "更正", "doubtful": "存疑",
    "holdout": "抽样", "unsure": "不确定", "suspect": "可疑标签",
    # cases
    "open": "未结", "closed": "已结", "drift": "漂移", "release": "发布",
    "wrong": "错误", "harmful": "有害", "unfair": "不公平", "private": "隐私",
    # what was decided
    "accepted": "已接受", "rejected": "已拒绝",
    # stages of a release
    "shadow": "影子", "canary": "金丝雀", "keys": "指定密钥",
    # what changed
    "input": "文本类型", "length": "长度", "confidence": "置信度", "passed on": "转交人工",
    "labels": "标签", "answer": "回答", "accuracy": "准确率", "cost": "成本", "calibration": "校准",
    # what is removed
    "trees": "内容树", "blobs": "数据块", "bytes": "字节", "scratch": "临时文件夹",
    "harvests": "采集库", "texts": "文本", "rows": "行", "all": "全部",
    # the audit
    "allowed": "已允许", "in part": "部分允许", "denied": "已拒绝",
    # wordings of the tour
    "chat": "口语", "story": "叙述",
}  # fmt: skip

SENTENCES = Sentences(
    ASKED
    | {
        "stopped": ("stopped; what was finished is kept", "已停止；已完成的部分都已保存"),
        # init, turn, report
        "made project": ("made {folder}", "已建立 {folder}"),
        "put text": (
            "put your text into {folder} (JSONL, CSV, TSV, Parquet, text), then:",
            "请把文本放入 {folder}（JSONL、CSV、TSV、Parquet、纯文本），然后运行：",
        ),
        "wrote": ("wrote {path}", "已写入 {path}"),
        # serve
        "answers at": (
            "{app} answers at {address} (Ctrl-C stops)",
            "{app} 在 {address} 提供服务（Ctrl-C 停止）",
        ),
        "answers in processes": (
            "{app} answers at {address} in {many} processes (Ctrl-C stops)",
            "{app} 以 {many} 个进程在 {address} 提供服务（Ctrl-C 停止）",
        ),
        "replicas answer": (
            "{replicas} replicas answer at {address} (Ctrl-C stops)",
            "{replicas} 个副本在 {address} 提供服务（Ctrl-C 停止）",
        ),
        "worker ended": (
            "worker {number} ended with status {status}; another takes its place in {seconds} s",
            "工作进程 {number} 以状态 {status} 结束；{seconds} 秒后由另一个接替",
        ),
        "no keys": (
            "no keys: everybody on this machine may ask and operate (`chainring keys --make ask`)",
            "没有密钥：本机上任何人都可以提问和管理（`chainring keys --make ask`）",
        ),
        # predict, react
        "answered": ("{answer} ({sure})  {id}", "{answer}（{sure}）  {id}"),
        "passed on": (
            "not sure, passing on to a person ({sure})  {id}",
            "没有把握，转交人工（{sure}）  {id}",
        ),
        "interval": ("{low} to {high}", "{low} 至 {high}"),
        "no label": ("no label", "无标签"),
        "stored": ("stored as {id}", "已保存为 {id}"),
        "confirms passing on": (
            "it confirms that the text was passed on, and teaches no label; name the label as its "
            "value to teach it",
            "这确认的是转交人工，不教给模型任何标签；要教，请在值里写明标签",
        ),
        "orphan": (
            "chainring: no answer {prediction} is known (yet): the reaction is kept apart and "
            "counts once the answer is there; is the id mistyped? `chainring predict` prints it",
            "chainring：（尚）无回答 {prediction}：此反馈另行保存，待该回答出现后计入；"
            "编号是否输入有误？`chainring predict` 会打印编号",
        ),
        # cases
        "closed case": ("closed {id}", "已结案 {id}"),
        # keys
        "key made": (
            "key {id} for {name}, role {role}; it is not shown again",
            "密钥 {id}，用于 {name}，角色 {role}；密钥值不会再次显示",
        ),
        "key replaced": (
            "{id} goes on until its grace is over; hand the new one out now",
            "{id} 在宽限期结束前仍然有效；请现在分发新的密钥值",
        ),
        "key revoked": ("revoked {id}", "已吊销 {id}"),
        "only": ("only {verbs}", "只限 {verbs}"),
        "per minute": ("{count} requests/min", "每分钟 {count} 个请求"),
        "per day": ("{count} texts/day", "每天 {count} 条文本"),
        "ends": ("ends {at}", "{at} 到期"),
        "replaces": ("replaces {id}", "接替 {id}"),
        "revoked": ("revoked", "已吊销"),
        "terms": ("  ({terms})", "  （{terms}）"),
        # audit
        "no acts": ("nothing was done with privilege yet", "还没有特权操作"),
        "act by key": ("{who} ({role}, key {key})", "{who}（{role}，密钥 {key}）"),
        "act by": ("{who} ({role})", "{who}（{role}）"),
        "act texts": ("{count} texts", "{count} 条文本"),
        "withheld": ("{count} withheld", "不予显示 {count} 条"),
        "for purpose": ("for {purpose}", "用于 {purpose}"),
        # release, drift
        "release over": (
            "{id} is over; the champion answers everybody again",
            "{id} 已结束；重新全部由现任模型回答",
        ),
        "release begun": ("{id} begins: {stage}", "{id} 开始：{stage}"),
        "reference waits": (
            "{count} more answers make the reference of {model}",
            "再有 {count} 个回答即可形成 {model} 的参照",
        ),
        "drift": (
            "{model}, window {window}, {questions} questions",
            "{model}，第 {window} 个窗口，{questions} 项检验",
        ),
        "drift share": (
            "  {name} {share} of the evidence that an alarm needs",
            "  {name} {share}（报警所需证据的占比）",
        ),
        "drift case": ("  case {id}: see `chainring cases`", "  个案 {id}：见 `chainring cases`"),
        # what a case of drift says, kept with it
        "changed input": (
            "texts lie further from the usual ones, or nearer",
            "文本比平时更偏离或更接近常见文本",
        ),
        "changed length": ("texts have another length", "文本的长度变了"),
        "changed confidence": ("the model is sure to another degree", "模型的把握程度变了"),
        "changed passed on": (
            "another share of texts is passed on to a person",
            "转交人工的文本比例变了",
        ),
        "changed labels": ("other labels are answered", "回答的标签分布变了"),
        "changed answer": (
            "other numbers, or texts of another length, are answered",
            "回答的数值或文本长度变了",
        ),
        "changed accuracy": (
            "fewer reviewed answers are right than promised",
            "已审核回答的正确率低于承诺",
        ),
        "changed cost": ("reviewed answers cost more than promised", "已审核回答的成本高于承诺"),
        "changed calibration": ("the model is surer than it is right", "模型的把握高于其正确率"),
        "changed everywhere": (
            "{said}, seen on {rows} answers (evidence {evidence}, needed {needed})",
            "{said}，见于 {rows} 个回答（证据 {evidence}，需要 {needed}）",
        ),
        "changed in a slice": (
            "{said} in {place}, seen on {rows} answers (evidence {evidence}, needed {needed})",
            "{place}：{said}，见于 {rows} 个回答（证据 {evidence}，需要 {needed}）",
        ),
        # backup, restore, gc, upgrade
        "backed up": (
            "wrote {archive}: {rows} rows, {trees} trees",
            "已写入 {archive}：{rows} 行，{trees} 个内容树",
        ),
        "restored": ("restored {app} into {folder}", "已把 {app} 恢复到 {folder}"),
        "restored without text": (
            "restored {app} into {folder}; your text is in no backup: copy {places} there",
            "已把 {app} 恢复到 {folder}；备份中不含您的文本：请把 {places} 复制到那里",
        ),
        "counted": ("{count} {name}", "{name} {count}"),
        "removed": ("{what} removed", "已清除：{what}"),
        "up to date": ("{app} is up to date", "{app} 已是最新"),
        # package
        "packaged": (
            "wrote {folder}: form {form} ({engine}), {size} MB, {packages} packages of "
            "{installed} MB, {memory}",
            "已写入 {folder}：形式 {form}（{engine}），{size} MB，{packages} 个软件包共 "
            "{installed} MB，{memory}",
        ),
        "memory": ("{mib} MiB of memory", "占用内存 {mib} MiB"),
        "no memory": ("memory not measured", "未测量内存"),
        "packaged answers": (
            "it was served once and answered {count} golden texts as the champion does",
            "已试运行一次：{count} 条基准文本的回答与现任模型一致",
        ),
        "packaged key": (
            "its key (role operate), shown this once: {key}",
            "它的密钥（角色 operate），只显示这一次：{key}",
        ),
        # what a package says of its memory
        "measured": ("{mib} MiB on the machine that packaged it", "{mib} MiB（在打包机器上测得）"),
        "measured by many": (
            "{mib} MiB in {count} processes on the machine that packaged it",
            "{count} 个进程共 {mib} MiB（在打包的机器上测得）",
        ),
        "not measured": ("not measured", "没有测过"),
        # collect
        "collecting": ("collect: {answers} answers", "收集：{answers} 条回答"),
        "collected": (
            "from package {package}, new here: {answers} answers, {reactions} reactions, "
            "{decisions} decisions, {cases} cases",
            "来自部署包 {package} 的新内容：回答 {answers} 条，反馈 {reactions} 条，"
            "审核结论 {decisions} 条，个案 {cases} 个",
        ),
        "textless": (
            "answers without a text (not logged there, or past privacy.retention_days): {count}; "
            "they can be traced, and teach nothing",
            "没有文本的回答（那边未记录，或已过 privacy.retention_days）：{count} 条；"
            "可以追溯，但不会用来训练",
        ),
        "left": (
            "answers and reactions left there, since they, their authors or their article were "
            "forgotten: {count}",
            "因本身、作者或所依据的文章已被遗忘而未带回的回答和反馈：{count} 条",
        ),
        "older": (
            "decisions left there, since a later one was taken here: {count}",
            "未带回的审核结论：{count} 条；这里后来已另有结论",
        ),
        "unsampled": (
            "decisions left there, since their answers judge models here and were not drawn by "
            "chance there: {count}",
            "未带回的审核结论：{count} 条；对应的回答在这里用来评判模型，而在那边并非随机抽取",
        ),
        "forgotten": (
            "forgotten there, and now here, too: {count} answers and reactions",
            "在那边已被遗忘，现在这里也已遗忘：回答和反馈共 {count} 条",
        ),
        # the tour
        "tour begins": (
            "a new project in {place}: customer service of an online shop, English and Chinese",
            "新项目在 {place}：网店客服，英文和中文",
        ),
        "tour first turn": (
            "first turn: text becomes a served model",
            "第一圈：文本成为可部署的模型",
        ),
        "tour serves": (
            "the server answers on port {port}; simulated users ask {count} questions",
            "服务在端口 {port} 上回答；模拟用户提出 {count} 个问题",
        ),
        "tour right": (
            "  the first champion was right on {share} ({shares}); {passed} passed on to a person",
            "  第一个现任模型答对 {share}（{shares}）；转交人工 {passed} 条",
        ),
        "tour share": ("{wording} {share}", "{wording} {share}"),
        "tour reactions": ("  they gave {counted}", "  他们给出：{counted}"),
        "tour reviewed": (
            "a reviewer gave the truth of {count} answers (a random sample of the hold-out)",
            "审核者给出了 {count} 个回答的正确标签（留出部分的随机抽样）",
        ),
        "tour second turn": (
            "second turn: what users said becomes training text, and the gate decides",
            "第二圈：用户的话成为训练文本，由关卡决定",
        ),
        "tour decided": (
            "the reviewer said who is right where the models differ; the turn is ended by it",
            "两个模型答得不同之处，审核者判定了谁对；这一圈由此了结",
        ),
        "tour why": (
            "why, from a wrong answer to the model that fixed it ({id}):",
            "缘由，从一个错误回答到改正它的模型（{id}）：",
        ),
        "tour report": ("report: {path}", "报告：{path}"),
        "tour ends": (
            "{seconds} s in all; look at the pages:  chainring serve -p {place}",
            "共用 {seconds} 秒；看页面请运行：  chainring serve -p {place}",
        ),
        "tour reaction": ("{count} {kind}s", "{kind} {count}"),
    },
    names=_NAMES | {"confirmation": "确认"},
)
say = SENTENCES.say

_BECAUSE = Sentences(
    {
        "rule": ("rule {number}", "规则 {number}"),
        "a key": ("a key of role {role} sees no texts", "角色 {role} 的密钥看不到文本"),
        "no rule": ("no rule: {role}", "没有适用的规则，角色为 {role}"),
        "not asked": ("texts were not asked for", "没有要求给出文本"),
        "by": ("by {who}", "操作人 {who}"),
        "override": ("override by {who}", "人工推翻，操作人 {who}"),
        "to version": ("to version {version} by {who}", "回退到版本 {version}，操作人 {who}"),
        "begun": ("begun by {who}: {stage}", "开始：{stage}，操作人 {who}"),
        "stopped": ("stopped by {who}", "停止，操作人 {who}"),
        "made key": ("made a key of role {role}", "生成角色 {role} 的密钥"),
        "rotated": (
            "rotated {key}, which ends in {hours} h",
            "轮换 {key}，后者将在 {hours} 小时后到期",
        ),
        "not reached": (
            "a key of role {role} does not reach it",
            "角色 {role} 的密钥没有此权限",
        ),
        "release": ("release {release}: {outcome}", "发布 {release}：{outcome}"),
        "removed": ("{trees} trees and {texts} texts", "{trees} 棵树，{texts} 条文本"),
    },
    names=_NAMES
    | DECIDERS
    | {"revoked": "吊销", "accept": "接受", "change": "更改", "reject": "驳回"}
    | {"promoted": "已上线", "undecided": "未定", "rolled back": "已回滚", "stopped": "已停止"}
    | {"cancelled": "已取消", "superseded": "被取代"},
)
"""What the audit keeps as a text: the Chinese of it is found by its template."""


def because(reasons: str) -> Said:
    """Return the reasons of an act, as the audit kept them, in both languages."""
    return joined(Said(one, zh=_BECAUSE.in_chinese(one)) for one in reasons.split("; "))


def word(name: str) -> Said:
    """Return a word of ours in both languages; any other stays as it is."""
    return Said(name, zh=_NAMES.get(name, name))
