"""The sentences that verbs tell their results in, English and Chinese."""

from __future__ import annotations

from collections.abc import Sequence

from chainring.contracts.said import Said, joined
from chainring.data.sentences import SPLITS
from chainring.ring.gate.words import NAMES
from chainring.text.house_words import DECIDERS, house_word
from chainring.text.sentences import Sentences

_NAMES = (
    NAMES
    | SPLITS
    | DECIDERS
    | {
        "promoted": "已上线",
        "not promoted": "未上线",
        "held": "未上线",
        "nothing changed": "没有变化",
        "failed": "失败",
        "challenger": "挑战者",
        "champion": "现任模型",
        "placebo": "对照模型",
        "served": "将部署",
        "kept": "备用",
        "refused": "被拒",
        "macro f1": "宏平均 F1",
        "base": "基座",
        "teacher": "教师模型",
        "member": "成员模型",
        "feedback": "反馈",
        "was taught by it": "由它训练",
        "was tested on it": "由它评测",
        "rating": "评分",
        "confirmation": "确认",
        "correction": "更正",
        "preference": "偏好",
        "comment": "评论",
        "outcome": "结果",
        "flag": "举报",
        "accepted": "已接受",
        "rejected": "已拒绝",
        "pending": "待审核",
        "wait": "等待",
        "canary": "转入金丝雀",
        "promote": "晋升",
        "roll back": "回滚",
        "stop": "停止",
        "undecided": "未定",
        "rolled back": "已回滚",
        "stopped": "已停止",
        "cancelled": "已取消",
        "superseded": "被取代",
    }
)

SENTENCES = Sentences(
    {
        # a turn
        "unchanged": ("nothing changed", "没有变化"),
        "held": ("held: {because}", "未上线：{because}"),
        "ended": (
            "{outcome} in {seconds} s ({cpu} CPU s; steps: {steps})",
            "{outcome}，用时 {seconds} 秒（CPU {cpu} 秒；步骤：{steps}）",
        ),
        "ended by form": (
            "{outcome} ({because}) in {seconds} s ({cpu} CPU s; steps: {steps})",
            "{outcome}（{because}），用时 {seconds} 秒（CPU {cpu} 秒；步骤：{steps}）",
        ),
        "forgotten held": (
            "the champion learnt from rows that were forgotten, this model did not: "
            "`chainring promote {model} --reason …` serves it",
            "现任模型学过已被遗忘的行，而此模型没有："
            "可用 `chainring promote {model} --reason …` 让它服务",
        ),
        "won": (
            "candidate {part} won  {standing}: {because}",
            "候选 {part} 胜出 {standing}：{because}",
        ),
        "lost": (
            "candidate {part} lost {standing}: {because}",
            "候选 {part} 落选 {standing}：{because}",
        ),
        "not trained": ("not trained", "未训练"),
        "form": (
            "form {form} ({engine}) {mark}: {speed} texts/s, {size} MB; {because}",
            "形式 {form}（{engine}）{mark}：每秒 {speed} 条，{size} MB；{because}",
        ),
        "form left out": ("form {form} left out: {because}", "形式 {form} 未生成：{because}"),
        "on the suite": (
            "{who} on the suite: {share}; {languages}",
            "{who}在固定评测集上：{share}；{languages}",
        ),
        "on the suite with": (
            "{who} on the suite: {share}; {languages}; {name} {figure}",
            "{who}在固定评测集上：{share}；{languages}；{name} {figure}",
        ),
        "figure": ("{value} ({low} to {high})", "{value}（{low} 至 {high}）"),
        "gate": ("gate: {value}", "关卡：{value}"),
        "gate with": (
            "gate: {value}: {before} → {now} on {rows} rows, {gained} gained, {lost} lost, "
            "p {p}; it could have shown {points} points",
            "关卡：{value}：{rows} 行上 {before} → {now}，新答对 {gained} 条，新答错 {lost} 条，"
            "p {p}；最小可测差别为 {points} 个百分点",
        ),
        "gate by balanced_accuracy": (
            "gate: {value}: balanced accuracy {before} % → {now} % on {rows} rows, {gained} answers"
            " better, {lost} worse, p {p}; it could have shown {least} points; right {was} →"
            " {right}",
            "关卡：{value}：{rows} 行上平衡准确率 {before}% → {now}%，{gained} 条更好，{lost} 条"
            "更差，p {p}；最小可测差别为 {least} 个百分点；答对 {was} → {right}",
        ),
        "gate by cost": (
            "gate: {value}: cost {before} → {now} a row on {rows} rows, {gained} answers better,"
            " {lost} worse, p {p}; it could have shown {least} a row; right {was} → {right}",
            "关卡：{value}：{rows} 行上每行成本 {before} → {now}，{gained} 条更好，{lost} 条更差，"
            "p {p}；最小可测差别为每行 {least}；答对 {was} → {right}",
        ),
        "fixed": (
            "  complaints of the hold-out now right: {now}; by the placebo, trained on the "
            "champion's rows alone: {placebo} (shown, no test)",
            "  留出的投诉中现在答对：{now}；"
            "只用现任模型的行训练的对照：{placebo}（仅供参考，不作检验）",
        ),
        "holds back": (
            "  holds it back: {check}: {because}",
            "  未通过：{check}：{because}",
        ),
        # why
        "answer": ("answer     {id}  {at}", "回答       {id}  {at}"),
        "asked": ("  text     {text}", "  文本     {text}"),
        "answered": ("  said     {answer} ({sure})", "  答为     {answer}（{sure}）"),
        "read from": (
            "  read off {record} [{origin}, {licence}]",
            "  读自     {record} [{origin}，{licence}]",
        ),
        "read from unknown": (
            "  read off {record}, which is not known here",
            "  读自     {record}（此处没有该记录）",
        ),
        "answered passed on": (
            "  said     {answer} ({sure}), passed on to a person",
            "  答为     {answer}（{sure}），已转人工",
        ),
        "model": (
            "model      {model}  {part}, form {form}",
            "模型       {model}  {part}，形式 {form}",
        ),
        "from": (
            "  from     {name} ({role}, licence {licence})",
            "  源自     {name}（{role}，许可 {licence}）",
        ),
        "serving": (
            "  serving  version {version} by {by}: {reason}, {at}",
            "  上线     版本 {version}，{by}：{reason}，{at}",
        ),
        "forgotten": (
            "  forgotten {rows} of its rows, {at} ({act})",
            "  遗忘     其中 {rows} 行，{at}（{act}）",
        ),
        "data set": (
            "data set   {dataset}  {splits}; licences: {licences}",
            "数据集     {dataset}  {splits}；许可：{licences}",
        ),
        "near": (
            "  near     {likeness} {label} [{origin}, {licence}]{text}",
            "  相近     {likeness} {label} [{origin}，{licence}]{text}",
        ),
        "near withheld": (
            "  near     {label} [{id}, {licence}]; its text is withheld",
            "  相近     {label} [{id}，{licence}]；文本不予显示",
        ),
        "feedback": ("feedback   {id}  {kind} {value}", "反馈       {id}  {kind} {value}"),
        "feedback bare": ("feedback   {id}  {kind}", "反馈       {id}  {kind}"),
        "reviewed": ("reviewed   {state}: {label}", "审核       {state}：{label}"),
        "reviewed must": (
            "reviewed   {state}: {label}; every later model must get it right",
            "审核       {state}：{label}；以后的模型都必须答对",
        ),
        "kind": ("{count} {kind}", "{kind} {count}"),
        "withheld": ("(withheld)", "（不予显示）"),
        "lesson": (
            "later      {model} {verb} ({state}, {at})",
            "后来       {model} {verb}（{state}，{at}）",
        ),
        "no lesson": (
            "later      {model} learnt nothing from it: {reason} ({state}, {at})",
            "后来       {model} 没有由此学习：{reason}（{state}，{at}）",
        ),
        "near lesson": (
            "later      {model} learnt from {kept} instead, of which it is a near-duplicate "
            "({state}, {at})",
            "后来       {model} 改由 {kept} 学习，两者近似重复（{state}，{at}）",
        ),
        "today": (
            "today      {model} says {answer} ({sure})",
            "如今       {model} 答为 {answer}（{sure}）",
        ),
        "today passed on": (
            "today      {model} passes it on to a person ({sure})",
            "如今       {model} 转人工（{sure}）",
        ),
        # status
        "unserved": ("{app}: {because}", "{app}：{because}"),
        "serves": (
            "{app}: version {version} serves ({model}, {form} form, promoted by {by}: {because})",
            "{app}：版本 {version} 在服务（{model}，形式 {form}；{by}：{because}）",
        ),
        "form unserved": (
            "form {form} does not serve: {because}",
            "形式 {form} 未部署：{because}",
        ),
        "learnt from forgotten": (
            "it learnt from {rows} rows that were forgotten since; a turn makes a model without "
            "them",
            "它学过 {rows} 行之后已被遗忘的数据；再转一圈可得到不含它们的模型",
        ),
        "traffic": (
            "answers: {answers} ({passed} passed on to a person); feedback: {said}",
            "回答：{answers}（转人工 {passed}）；反馈：{said}",
        ),
        "kinds": ("{count} {kind}s", "{kind} {count}"),
        "no feedback": ("none", "无"),
        "open cases": (
            "open cases: {count} (`chainring cases`)",
            "未结个案：{count}（`chainring cases`）",
        ),
        "teaches nobody": (
            "reactions that are kept here: {count}; they teach once `chainring collect` brings "
            "them to the project that packaged this",
            "留在这里的反馈：{count}；在打包它的项目里运行 `chainring collect` 带回后才会用来训练",
        ),
        "due": ("turn is due: {because}", "该转下一圈了：{because}"),
        "not due": ("turn is not due: {because}", "还不必转：{because}"),
        # promote, rollback, watch
        "champion": ("champion: {model}", "现任模型：{model}"),
        "next look": (
            "{because}; the next look is in {seconds} s",
            "{because}；{seconds} 秒后再看",
        ),
        "recipe read": (
            "the recipe was changed, and counts from now on",
            "配方已更改，从现在起按新的执行",
        ),
        "recipe kept": (
            "{because}\nthe recipe of before is kept until the file has no fault",
            "{because}\n文件改正之前，仍按原来的配方执行",
        ),
        # release
        "no release": (
            "no release runs: the champion answers everybody",
            "没有正在进行的发布：全部由现任模型回答",
        ),
        "release": ("{id}: {model}, {stage}", "{id}：{model}，{stage}"),
        "counts": (
            "  answers {answers}, in the shadow {shadows}",
            "  回答 {answers}，影子回答 {shadows}",
        ),
        "action": ("  {action}: {because}", "  {action}：{because}"),
        "unpaired": (
            "  {count} reviewed answers have no answer of the other model",
            "  {count} 条已审核回答缺少另一模型的回答",
        ),
        "earlier": ("{day}  {model}  {outcome}: {because}", "{day}  {model}  {outcome}：{because}"),
        "canary of": ("canary, {share} of users", "金丝雀，{share} 的用户"),
        "for keys": ("for keys {keys}", "指定密钥 {keys}"),
        "in the shadow": ("in the shadow", "影子"),
    },
    names=_NAMES,
)
say = SENTENCES.say


def own(text: object) -> Said:
    """Return a text of people, which stays as it is also where it is a word of ours."""
    return Said(str(text), zh=str(text))


def words(names: Sequence[str]) -> str:
    """Return names of ours as a list in both languages."""
    return joined(
        [Said(one, zh=_NAMES.get(one, house_word(one, "zh"))) for one in names], en=", ", zh="、"
    )
