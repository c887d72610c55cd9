"""What is said of candidates and thresholds, in English and Chinese: kept with the model.

say("right", share="91.2%", rows=120)
"""

from __future__ import annotations

from chainring.text.sentences import Sentences

SENTENCES = Sentences(
    {
        # why a candidate won or not
        "right": (
            "{share} of {rows} validation rows right",
            "{rows} 行验证数据中答对 {share}",
        ),
        "graded": (
            "a mean grade of {share} on {rows} validation rows",
            "{rows} 行验证数据的平均得分为 {share}",
        ),
        "right by balanced_accuracy": (
            "a balanced accuracy of {figure} on {rows} validation rows, {share} right",
            "{rows} 行验证数据上平衡准确率 {figure}，答对 {share}",
        ),
        "right by cost": (
            "a cost of {figure} a row on {rows} validation rows, {share} right",
            "{rows} 行验证数据上每行成本 {figure}，答对 {share}",
        ),
        "less by balanced_accuracy": (
            "a lower balanced accuracy than {winner} ({figure})",
            "平衡准确率低于 {winner}（{figure}）",
        ),
        "less by cost": (
            "a higher cost than {winner} ({figure} a row)",
            "成本高于 {winner}（每行 {figure}）",
        ),
        "same by measure": (
            "no better by the measure than {winner}, which is simpler",
            "按衡量标准不优于 {winner}，而后者更简单",
        ),
        "above": (
            "{language} {ours} a row, above {theirs}",
            "{language} 每行 {ours}，高于 {theirs}",
        ),
        "barred dear": (
            "not chosen: dearer than {yardstick} in a language ({languages})",
            "未选用：有语言的成本高于 {yardstick}（{languages}）",
        ),
        "cheapest": (
            "costs least: {cost} a row on {rows} validation rows, {without} without a threshold",
            "成本最低：{rows} 行验证数据上每行 {cost}，不设阈值则为 {without}",
        ),
        "costs": (
            "{cost} a row on {rows} validation rows",
            "{rows} 行验证数据上每行 {cost}",
        ),
        "least sure": (
            "just under the least sure of them, as a mistake may cost more than passing on",
            "取略低于其中把握最小的一行，因为答错的成本可能高于转人工",
        ),
        "barred": (
            "not chosen: below {yardstick} in a language ({languages})",
            "未选用：有语言低于 {yardstick}（{languages}）",
        ),
        "below": ("{language} {ours} below {theirs}", "{language} {ours}，低于 {theirs}"),
        "same right": (
            "as many right as {winner}, which is simpler",
            "答对数与 {winner} 相同，而后者更简单",
        ),
        "same grade": (
            "the same mean grade as {winner}, which is simpler",
            "平均得分与 {winner} 相同，而后者更简单",
        ),
        "fewer right": (
            "fewer right than {winner} ({share})",
            "答对数少于 {winner}（{share}）",
        ),
        "lower grade": (
            "a lower mean grade than {winner} ({share})",
            "平均得分低于 {winner}（{share}）",
        ),
        "candidate": ("candidate {part}", "候选 {part} "),
        "base": ("the base {base}", "基座 {base} "),
        "did not compete": ("did not compete: {because}", "未参赛：{because}"),
        "failed": (
            "it failed with {error}; mend its package, or take it out of training.candidates",
            "它出错：{error}；请修好其软件包，或从 training.candidates 中去掉它",
        ),
        "none trained": (
            "no candidate could be trained: {reasons}",
            "没有候选可供训练：{reasons}",
        ),
        "none named": ("none is named", "没有写明任何候选"),
        "too large": (
            "{name}: training needs about {mib} MiB with a single row of {tokens} tokens (weights "
            "and optimiser {fixed}, the row {row}); {room} of {limit} MiB may be used; {instead}",
            "{name}：即使只有一行 {tokens} 个词元，训练也约需 {mib} MiB（权重与优化器 {fixed}，"
            "该行 {row}）；可用 {room} MiB，共 {limit} MiB；{instead}",
        ),
        "batch too large": (
            "{name}: training needs about {mib} MiB with a batch of {rows} texts of {tokens} "
            "tokens, which is not split (weights and optimiser {fixed}, the batch {row}); {room} "
            "of {limit} MiB may be used; {instead}",
            "{name}：训练约需 {mib} MiB，因为一批 {rows} 段文本、每段 {tokens} 个词元不能拆开"
            "（权重与优化器 {fixed}，这一批 {row}）；可用 {room} MiB，共 {limit} MiB；{instead}",
        ),
        "would fit": ("this would fit: {fitting}", "这样放得下：{fitting}"),
        "smaller base": ("take a smaller base", "请换用更小的基座"),
        "shorter rows": (
            "rows of {tokens} tokens at most (max_tokens)",
            "每行最多 {tokens} 个词元（max_tokens）",
        ),
        "cannot do": ("a linear model cannot do {task}", "线性模型不能做 {task}"),
        "cannot write": (
            "an encoder cannot write, as {task} asks",
            "编码器不能写出文本，而 {task} 需要写",
        ),
        "cannot compare": (
            "a bi-encoder compares two texts; {task} does not",
            "双编码器用来比较两段文本，而 {task} 不比较",
        ),
        "other task": (
            "{part} does {tasks}; the task is {task}",
            "{part} 只做 {tasks}，而任务是 {task}",
        ),
        "writer unread": (
            "base {base} does not know {shares} tokens; name another, or none",
            "基座 {base} 不认识 {shares} 词元；请指定另一个，或不指定",
        ),
        "no passage": (
            "qa.v1 reads answers off passages, and no answer stands word for word in one; add "
            "the articles as unlabelled texts, or have them worded: training.answering.answers = "
            "'written'",
            "qa.v1 从段落中摘取答案，但没有答案逐字出现在段落里；请将文章作为未标注文本加入，"
            "或让它自行组织语言：training.answering.answers = 'written'",
        ),
        "no answer read": (
            "qa.v1: beside questions this long no answer is read; shorten the questions, or raise "
            "training.answering.max_tokens and take a base that reads as many",
            "qa.v1：问题过长，读不到答案；请缩短问题，或调高 training.answering.max_tokens "
            "并换用能读这么多词元的基座",
        ),
        "no pairs": (
            "dpo.v1 needs rows with a chosen and a rejected text; found none: take corrections and "
            "preferences of users, or kto.v1, to which ratings are enough",
            "dpo.v1 需要同时有选中与拒绝文本的行，但没有找到：请收集用户的更正与偏好，"
            "或使用只需评分的 kto.v1",
        ),
        "no likes": (
            "kto.v1 needs texts that are liked and texts that are not; {likes} of {count} "
            "are: take ratings and corrections of users",
            "kto.v1 既需要受欢迎的文本，也需要不受欢迎的；{count} 条中受欢迎的有 {likes} 条："
            "请收集用户的评分与更正",
        ),
        "no shared word": (
            "qa.v1 answers from passages, and no question shares a word with one; add the "
            "articles as unlabelled texts, or name the passage of each question in a column `pair`",
            "qa.v1 依据段落作答，但没有问题与任何段落有共同的词；请将文章作为未标注文本加入，"
            "或在 `pair` 列中给出每个问题的段落",
        ),
        # notes on a training
        "continued": (
            "base {base} went on learning from the project's own text, as the recipe asks",
            "基座 {base} 按配方要求继续在项目自有文本上学习",
        ),
        "own base": (
            "base {base} does not know {shares} tokens; a small encoder was pre-trained from the "
            "project's own text",
            "基座 {base} 不认识 {shares} 词元；已用项目自有文本预训练一个小编码器",
        ),
        "share of": ("{share} of {language}", "{language} 的 {share}"),
        "overlooked": (
            "base {base} does not know {told}: too few to change it",
            "基座 {base} 不认识 {told}：数量太少，不必更换",
        ),
        "overlooked more": (
            "base {base} does not know {told}, and so {more} more languages: too few to change it",
            "基座 {base} 不认识 {told}，另有 {more} 种语言也是如此：数量太少，不必更换",
        ),
        "overlooked one more": (
            "base {base} does not know {told}, and so {more} more language: too few to change it",
            "基座 {base} 不认识 {told}，另有 {more} 种语言也是如此：数量太少，不必更换",
        ),
        "small language": (
            "{share} of {language} tokens ({rows} rows)",
            "{language} 词元的 {share}（{rows} 行）",
        ),
        "small language row": (
            "{share} of {language} tokens ({rows} row)",
            "{language} 词元的 {share}（{rows} 行）",
        ),
        "cut": (
            "of {cut} of {rows} texts to learn from only the first {tokens} tokens are read; "
            "training.encoder.max_tokens reads more",
            "{rows} 条训练文本中有 {cut} 条只读前 {tokens} 个词元；可调高 "
            "training.encoder.max_tokens",
        ),
        "cut by base": (
            "of {cut} of {rows} texts to learn from only the first {tokens} tokens are read: its "
            "base reads no more",
            "{rows} 条训练文本中有 {cut} 条只读前 {tokens} 个词元：其基座最多读这么多",
        ),
        "inputs cut": (
            "of {cut} of {rows} texts to learn from only {tokens} tokens are read "
            "(max_input_tokens)",
            "{rows} 条训练文本中有 {cut} 条只读 {tokens} 个词元（max_input_tokens）",
        ),
        "targets cut": (
            "of {cut} of {rows} texts to write only the first {tokens} tokens are taught, and no "
            "end (max_output_tokens)",
            "{rows} 条要写的文本中有 {cut} 条只教前 {tokens} 个词元，不教结尾（max_output_tokens）",
        ),
        "budget": (
            "{epochs} of {wanted} epochs: one takes about {seconds} s and the budget leaves "
            "{minutes} min; raise training.budget_minutes for more",
            "计划 {wanted} 轮，只训练 {epochs} 轮：每轮约需 {seconds} 秒，预算剩 {minutes} 分钟；"
            "如需更多，请调高 training.budget_minutes",
        ),
        "part of one": ("{share} of one", "一轮的 {share}"),
        "pre-training": ("pre-training {because}", "预训练：{because}"),
        "held out": (
            "on texts held out from pre-training: {figures}",
            "预训练留出的文本上：{figures}",
        ),
        "perplexity": ("perplexity {value}", "困惑度 {value}"),
        "bits_per_character": ("{value} bits a character", "每字符 {value} 比特"),
        "accuracy": ("{value} of hidden tokens right", "遮住的词元答对 {value}"),
        "kept halfway": (
            "kept halfway between the frozen encoder and the tuned one {losses}",
            "保留冻结编码器与微调后编码器之间的中点{losses}",
        ),
        "kept tuned": ("kept as tuned {losses}", "保留微调结果{losses}"),
        "kept frozen": (
            "tuning made it worse on validation: the frozen encoder was kept {losses}",
            "微调后验证表现变差：保留冻结的编码器{losses}",
        ),
        "losses": (
            "(validation loss: frozen {frozen}, halfway {halfway}, tuned {tuned})",
            "（验证损失：冻结 {frozen}，中点 {halfway}，微调 {tuned}）",
        ),
        "in a passage": (
            "{found} of {rows} answers stand in a passage",
            "{rows} 个答案中有 {found} 个出现在段落里",
        ),
        "cut off": (
            "answers that are cut off beside a long question, left out: {left} of {count}",
            "因问题过长而被截断、未采用的答案：{count} 个中的 {left} 个",
        ),
        "with a passage": (
            "{asked} of {rows} questions are asked with a passage",
            "{rows} 个问题中有 {asked} 个附带段落提问",
        ),
        "new decoder": (
            "the encoder of {base} with a new decoder",
            "{base} 的编码器加一个新的解码器",
        ),
        "few places": (
            "base {base} has too few places for {reads} tokens read and {writes} written: "
            "{read} are read and {written} written, at most",
            "基座 {base} 的位置数不足以读 {reads} 个、写 {writes} 个词元："
            "至多读 {read} 个、写 {written} 个",
        ),
        "preferences": ("preferences: {because}", "学习偏好：{because}"),
        "without craft": (
            "preferences were learnt without {names} of [training.craft]; the training before "
            "them had it",
            "学习偏好时没有使用 [training.craft] 的 {names}；此前的训练使用了",
        ),
        "alike": (
            "preferences count alike whatever their rows weigh; the training before them does not",
            "无论行的权重多少，偏好一律同等计数；此前的训练则按权重",
        ),
        "unwanted": (
            "{count} texts that people did not want; no pair in validation to judge by",
            "{count} 条不受欢迎的文本；验证数据中没有可供评判的文本对",
        ),
        "preferred": (
            "{before} of validation pairs preferred rightly at the start, {after} after",
            "验证文本对的偏好正确率：开始时 {before}，之后 {after}",
        ),
        # the threshold
        "separates": (
            "best separates {rows} validation rows out of scope (Youden index {index})",
            "最能区分 {rows} 行不在范围内的验证数据（约登指数 {index}）",
        ),
        "keeps": (
            "no validation row is out of scope: the highest that passes on at most {share} of the "
            "right answers",
            "验证数据中没有不在范围内的行：取至多转交 {share} 正确回答的最高值",
        ),
        "held down": (
            "held down so that at most half of the right answers of {label} are passed on (without "
            "that it would be {without})",
            "并压低到使 {label} 的正确回答至多转交一半（否则为 {without}）",
        ),
        "fixed": (
            "the recipe sets it (training.pass_on_below)",
            "由配方设定（training.pass_on_below）",
        ),
        "by label": (
            "of right answers passed on: {labels}",
            "正确回答中转交的：{labels}",
        ),
        "further labels": ("{count} further labels", "另有 {count} 个标签"),
        "few well": (
            "nothing is passed on: too few validation rows were written well, {least} are needed "
            "to tell how sure such an answer is",
            "不转交任何文本：写得好的验证行太少，至少需要 {least} 行才能看出这类回答的把握有多大",
        ),
        # the study
        "few rows": (
            "{rows} rows to learn from; at least {least} are needed",
            "训练数据 {rows} 行；至少需要 {least} 行",
        ),
        "few units": (
            "the {rows} rows to learn from are of few conversations or groups of near-duplicates "
            "({units}), and each stays whole; at least {least} are needed",
            "训练数据 {rows} 行只属于少数会话或近似重复组（{units} 个），而每个都不拆开；"
            "至少需要 {least} 个",
        ),
        "no single label": (
            "rows of the task {task} carry no single label",
            "任务 {task} 的行没有单一标签",
        ),
        "two labels": (
            "rows of at least two labels are needed",
            "至少需要两个标签的行",
        ),
        "few sizes": (
            "shares of these rows are of {sizes} sizes, and {least} are needed: {rows} rows of "
            "{labels} labels are few a label",
            "这些行只能取出 {sizes} 种大小的子集，而需要 {least} 种：{labels} 个标签共 {rows} 行，"
            "每个标签太少",
        ),
    }
)
say = SENTENCES.say
