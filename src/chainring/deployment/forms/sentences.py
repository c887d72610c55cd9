"""What is said of the forms of a model, in English and Chinese: kept with the forms.

say("like and faster", ratio="2.10", form="exact")
"""

from __future__ import annotations

from chainring.text.sentences import Sentences

SENTENCES = Sentences(
    {
        # a form, as soon as it was tried
        "form accepted": (
            "form {form}: accepted, {because}; {speed} texts/s, {size} MiB",
            "形式 {form}：通过，{because}；每秒 {speed} 条，{size} MiB",
        ),
        "form refused": (
            "form {form}: refused, {because}; {speed} texts/s, {size} MiB",
            "形式 {form}：被拒，{because}；每秒 {speed} 条，{size} MiB",
        ),
        "form left out": (
            "form {form}: left out, {because}",
            "形式 {form}：未生成，{because}",
        ),
        # why a form is tried, accepted and chosen
        "like": ("answers like the trained model", "与训练所得模型回答一致"),
        "like and faster": (
            "answers like the trained model, {ratio} times as fast as {form}",
            "与训练所得模型回答一致，速度为 {form} 的 {ratio} 倍",
        ),
        "unlike": (
            "answers unlike the trained model: {because}",
            "与训练所得模型回答不一致：{because}",
        ),
        "no gain": (
            "{ratio} times as fast as {form} on this machine: no gain worth a change",
            "在本机上速度为 {form} 的 {ratio} 倍：不值得更换",
        ),
        "slower": (
            "{ratio} times as fast as {form} on this machine: slower, and less exact",
            "在本机上速度为 {form} 的 {ratio} 倍：更慢，也更不精确",
        ),
        "first of tier": (
            "the first of tier {tier} that can serve",
            "{tier} 档中第一个可以部署的形式",
        ),
        "refused": ("{form} refused, {because}", "{form} 被拒：{because}"),
        "left out": ("{form} left out, {because}", "{form} 未生成：{because}"),
        # why a form is not tried
        "made of": (
            "is made of the form {form}, which could not be made",
            "需由形式 {form} 生成，而后者未能生成",
        ),
        "no instructions": ("the processor has none of {names}", "处理器没有 {names}"),
        "better instructions": (
            "the processor has {names}: bfloat16 is tried instead",
            "处理器有 {names}：改试 bfloat16",
        ),
        "needs": (
            "needs {packages}: pip install 'chainring[{extra}]'",
            "需要 {packages}：pip install 'chainring[{extra}]'",
        ),
        "static form": ("the static 8-bit form of an encoder", "编码器的静态 8 位形式"),
        "converted form": ("a form for CTranslate2", "CTranslate2 形式"),
        "not converted": (
            "CTranslate2 cannot convert this network ({error}); it is served by transformers",
            "CTranslate2 无法转换此网络（{error}）；改由 transformers 部署",
        ),
        "other network": (
            "CTranslate2 serves {known}, and this network is a {kind}; transformers serves it",
            "CTranslate2 支持 {known}，而此网络为 {kind}；改由 transformers 部署",
        ),
        "several ends": (
            "this network ends with one of several marks; transformers serves it",
            "此网络有多个结束标记；改由 transformers 部署",
        ),
        "forced begin": (
            "this network begins with a forced mark; transformers serves it",
            "此网络强制以某个标记开头；改由 transformers 部署",
        ),
        "no tokeniser": (
            "its tokeniser has no {file}, which serving without transformers needs; transformers "
            "serves it",
            "其分词器没有 {file}，而脱离 transformers 部署需要它；改由 transformers 部署",
        ),
        # parity
        "within": ("within tolerance: {because}", "在容差之内：{because}"),
        "beyond": (
            "{what} {value} is not {side} {bound} ({because})",
            "{what} {value}，不满足 {side} {bound}（{because}）",
        ),
        "no shape": (
            "expected finite probabilities of shape {expected}, found {found}",
            "应为形状 {expected} 的有限概率，实为 {found}",
        ),
        "not finite": (
            "expected finite probabilities of shape {expected}, found {found}, some not finite",
            "应为形状 {expected} 的有限概率，实为 {found}，其中有非有限值",
        ),
        "as trained": (
            "float32 like training, only the order of sums differs",
            "与训练同为 float32，只有求和顺序不同",
        ),
        "bfloat16": (
            "bfloat16 keeps 8 bits of each number's mantissa",
            "bfloat16 只保留每个数 8 位尾数",
        ),
        "eight bits": (
            "weights and activations are rounded to 8 bits",
            "权重与激活值舍入到 8 位",
        ),
        "tensor float": (
            "float32, of which a GPU may multiply the first 10 bits of mantissa only",
            "float32，但 GPU 相乘时可能只用前 10 位尾数",
        ),
        "same weights": (
            "the same weights, written token by token as in training",
            "权重相同，与训练一样逐个词元写出",
        ),
        "beams": (
            "the same weights; beam search may keep another of two like texts",
            "权重相同；束搜索可能在两段相近文本中保留另一段",
        ),
    },
    names={
        "cosine": "余弦",
        "largest difference": "最大差异",
        "label agreement": "标签一致率",
    },
)
say = SENTENCES.say
