"""What a project says of its state, in English and Chinese.

say("no turn")
"""

from __future__ import annotations

from chainring.text.sentences import Sentences

SENTENCES = Sentences(
    {
        # why nothing answers yet
        "no turn": (
            "no model serves yet; run `chainring turn` first",
            "还没有模型在服务；请先运行 `chainring turn`",
        ),
        "turn cut off": (
            "no model serves yet; run `chainring turn` to end the last one",
            "还没有模型在服务；请运行 `chainring turn` 完成上一圈",
        ),
        "gate held": (
            "no model serves yet: the gate held {model} ({because}); add rows and turn again, or "
            "serve it all the same with `chainring promote {model} --reason WHY`",
            "还没有模型在服务：关卡未放行 {model}（{because}）；请添加数据后再转一圈，"
            "或用 `chainring promote {model} --reason 原因` 仍让它服务",
        ),
        # texts that are not kept
        "teaches not": (
            "stored; the text of the answer is not kept here, so it teaches nothing",
            "已保存；这里不留存该回答的文本，因此不会用于学习",
        ),
        "keeps no texts": (
            'new answers keep no text (privacy.log = "{log}"): reactions to them are counted, but '
            "can neither be reviewed nor teach",
            '新的回答不留存文本（privacy.log = "{log}"）：对它们的反馈会计数，但无法审核，'
            "也不会用于学习",
        ),
        # a package
        "package": (
            "this is a package: the ring turns where it was packaged",
            "这是一个部署包：闭环在打包它的项目里转动",
        ),
        "another model": (
            "this package brings model {model}, but the state beside it is that of another "
            "package: model {served} and its keys go on, {rules}; its README.md tells where its "
            "own state goes",
            "这个包带来的是模型 {model}，但旁边的状态属于另一个包：仍由模型 {served} "
            "和那个包的密钥服务，{rules}；自己的状态该放在哪里，见包里的 README.md",
        ),
        "the same model": (
            "this package brings the same model, but the state beside it is that of another "
            "package, whose keys go on, {rules}; its README.md tells where its own state goes",
            "这个包带来的是同一个模型，但旁边的状态属于另一个包，仍用那个包的密钥，{rules}；"
            "自己的状态该放在哪里，见包里的 README.md",
        ),
        "same rules": ("under the same rules (chainring.toml)", "规则（chainring.toml）相同"),
        "other rules": (
            "under the rules of this package (chainring.toml), which may be other ones",
            "规则（chainring.toml）用这个包的，可能与那个包不同",
        ),
        # the study, and why there is none
        "study": (
            "study: {train} rows to learn from, {validation} of validation; made once",
            "学习分析：{train} 行用于学习，{validation} 行用于验证；只做一次",
        ),
        "not judged": (
            "no model was judged yet; run `chainring turn` first",
            "还没有模型经过评判；请先运行 `chainring turn`",
        ),
        "rows gone": (
            "the rows or the form of the newest model are gone (`chainring gc`)",
            "最新模型的数据行或形式已被清除（`chainring gc`）",
        ),
    }
)
say = SENTENCES.say
