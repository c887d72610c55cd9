"""The words of the page of a verdict, in English and Chinese."""

from __future__ import annotations

TEXT = {
    "en": {
        "promoted": "# Promoted: the new model takes over",
        "held": "# Held: the model that serves now stays",
        "held first": "# Held: the first model is not served yet",
        "first": "It is the first model here, so it was compared with always giving the commonest"
        " answer.",
        "better": "The new model (challenger) is **better** than the one that serves (champion).",
        "no measurable difference": "There is **no measurable difference** between the new model"
        " (challenger) and the one that serves (champion).",
        "worse within noise": "The new model (challenger) looks worse than the one that serves"
        " (champion), but chance alone could explain it: **worse within noise**.",
        "worse": "The new model (challenger) is **worse** than the one that serves (champion).",
        "not fit": "The first model is **not fit** to serve: it is not measurably better than"
        " always giving the commonest answer.",
        "shares": "On {rows} rows it is right in {now} %, against {before} %: {change} points"
        " ({gained} answers gained, {lost} lost).",
        "smallest": "The smallest difference that this many rows would show is {points} points.",
        "more": "{count} more reviewed rows are needed for a trustworthy comparison.",
        "why not": "What stands in the way:",
        "conditions": "## Conditions",
        "condition": "| | condition | why |",
        "yes": "yes",
        "no": "**no**",
        "comparisons": "## In numbers",
        "columns": "| where | rows | before % | now % | gained | lost | p better | p worse |"
        " value |",
        "small": "Too small to judge for themselves: {names}.",
        "fix": "## Complaints",
        "fix rate": "Of the users' complaints set apart, {share} % are answered right now.",
        "placebo": "The same recipe on the champion's rows alone gets {share} %: only what lies"
        " above was learnt since.",
        "flips": "## Right before, wrong now",
        "flips count": "{count} rows: {names}",
        "further": ", and {count} more",
        "notes": "## Notes",
        "facts": "Suite {suite}, look {looks}. Challenger {challenger}, champion {champion}.",
        "none": "none",
        "space": " ",
        "comma": ", ",
        "colon": ": ",
        "help": "p is the chance of such numbers if both models were equally good; at or under the"
        " limit it counts as measured.",
    },
    "zh": {
        "promoted": "# 已晋升：新模型开始服务",
        "held": "# 未晋升：现任模型继续服务",
        "held first": "# 未晋升：首个模型暂不服务",
        "first": "这是这里的首个模型，因此与“总是给出最常见的回答”相比较。",
        "better": "新模型（挑战者）比现任模型**更好**。",
        "no measurable difference": "新模型（挑战者）与现任模型**无可测差别**。",
        "worse within noise": "新模型（挑战者）看起来不如现任模型，但也可能只是偶然："
        "**略差，在误差之内**。",
        "worse": "新模型（挑战者）比现任模型**更差**。",
        "not fit": "首个模型**不合格**，不能服务：它并不明显优于总是给出最常见的回答。",
        "shares": "在 {rows} 行上答对 {now}%，对照为 {before}%：变化 {change} 个百分点"
        "（新答对 {gained} 条，新答错 {lost} 条）。",
        "smallest": "这么多行能看出的最小差别是 {points} 个百分点。",
        "more": "还需要 {count} 行审核过的数据，比较才可信。",
        "why not": "未通过的条件：",
        "conditions": "## 条件",
        "condition": "| | 条件 | 理由 |",
        "yes": "是",
        "no": "**否**",
        "comparisons": "## 数字",
        "columns": "| 范围 | 行数 | 此前 % | 现在 % | 新答对 | 新答错 | 更好的 p | 更差的 p |"
        " 结论 |",
        "small": "行数太少，不单独评判：{names}。",
        "fix": "## 投诉",
        "fix rate": "单独留出的用户投诉中，现在有 {share}% 答对。",
        "placebo": "同样的配方只用现任模型学过的行，能答对 {share}%："
        "只有高出的部分才是此后学到的。",
        "flips": "## 此前答对、现在答错",
        "flips count": "{count} 行：{names}",
        "further": "，另有 {count} 行",
        "notes": "## 说明",
        "facts": "固定评测集 {suite}，第 {looks} 次使用。"
        "挑战者 {challenger}，现任模型 {champion}。",
        "none": "无",
        "space": "",
        "comma": "、",
        "colon": "：",
        "help": "p 是假如两个模型同样好时出现这种数字的概率；不超过上限才算测出差别。",
    },
}

GRADED = {
    "en": {
        "first": "It is the first model here, so it was compared with always giving the one answer"
        " that is worth most.",
        "not fit": "The first model is **not fit** to serve: it is not measurably better than"
        " always giving the one answer that is worth most.",
        "shares": "On {rows} rows its answers are worth {now} % on average, against {before} %:"
        " {change} points ({gained} answers better, {lost} worse).",
        "columns": "| where | rows | before % | now % | better | worse | p better | p worse |"
        " value |",
        "fix rate": "Of the users' complaints set apart, {share} % get an answer now that is worth"
        " at least a half.",
        "flips": "## Worth at least a half before, less now",
    },
    "zh": {
        "first": "这是这里的首个模型，因此与“总是给出得分最高的同一回答”相比较。",
        "not fit": "首个模型**不合格**，不能服务：它并不明显优于总是给出得分最高的同一回答。",
        "shares": "在 {rows} 行上平均得分 {now}%，对照为 {before}%：变化 {change} 个百分点"
        "（{gained} 条回答更好，{lost} 条更差）。",
        "columns": "| 范围 | 行数 | 此前 % | 现在 % | 更好 | 更差 | 更好的 p | 更差的 p | 结论 |",
        "fix rate": "单独留出的用户投诉中，现在有 {share}% 的回答得分不低于一半。",
        "placebo": "同样的配方只用现任模型学过的行，则为 {share}%：只有高出的部分才是此后学到的。",
        "flips": "## 此前得分不低于一半、现在低于一半",
    },
}
"""Said instead where answers are graded: they are right in part."""


MEASURED = {
    "en": {
        "first": "It is the first model here, so it was compared with the one answer to everything"
        " that the measure likes best.",
        "not fit": "The first model is **not fit** to serve: it is not measurably better than the"
        " one answer to everything that the measure likes best.",
        "by balanced_accuracy": "Judged by **balanced accuracy**, the mean share found of each"
        " label: {now} %, against {before} %.",
        "by cost": "Judged by **cost**: {now} a row, against {before}.",
        "shares": "{measured} Of {rows} answers {gained} are better and {lost} worse; {now} % are"
        " right, against {before} %.",
        "smallest cost": "The smallest difference that this many rows would show is {points} a"
        " row.",
        "columns": "| where | rows | {measure} before | now | right before % | now % | better |"
        " worse | p better | p worse | value |",
        "balanced_accuracy": "balanced accuracy %",
        "cost": "cost a row",
        "costs": "Costs: {costs}; any other mistake {mistake}, passing on {pass_on}.",
        "missed": "{truth} answered as {answer} {cost}",
        "any": "anything else",
        "and": ", ",
    },
    "zh": {
        "first": "这是这里的首个模型，因此与按衡量标准最好的“总给同一回答”相比较。",
        "not fit": "首个模型**不合格**，不能服务：按衡量标准，它并不明显优于最好的“总给同一回答”。",
        "by balanced_accuracy": "按**平衡准确率**（各标签找出比例的平均）评判：{now}%，"
        "对照为 {before}%。",
        "by cost": "按**成本**评判：每行 {now}，对照为 {before}。",
        "shares": "{measured}{rows} 条回答中 {gained} 条更好，{lost} 条更差；"
        "答对 {now}%，对照为 {before}%。",
        "smallest cost": "这么多行能看出的最小差别是每行 {points}。",
        "columns": "| 范围 | 行数 | 此前{measure} | 现在 | 此前答对 % | 现在 % | 更好 | 更差 |"
        " 更好的 p | 更差的 p | 结论 |",
        "balanced_accuracy": "平衡准确率 %",
        "cost": "每行成本",
        "costs": "成本：{costs}；其他错误 {mistake}，转人工 {pass_on}。",
        "missed": "{truth} 答成 {answer} {cost}",
        "any": "其他任何标签",
        "and": "、",
    },
}
"""Said instead where another measure than accuracy judges; accuracy stands beside it."""
