"""What a training says while it goes on, in English and Chinese.

work.say(progress("features", rows=1771, features=12321))
"""

from __future__ import annotations

from chainring.text.sentences import Sentences

SENTENCES = Sentences(
    {
        "of": ("{name}: {told}", "{name}：{told}"),
        # one run
        "precision": ("{name}: {precision} ({because})", "{name}：{precision}（{because}）"),
        "compiled": (
            "{name}: layers are compiled ({because})",
            "{name}：各层已编译（{because}）",
        ),
        "goes on": (
            "{name}: going on from step {step} of {steps}",
            "{name}：从第 {step} 步继续，共 {steps} 步",
        ),
        "at": (
            "{name}: epoch {epoch} of {epochs}, loss {loss}, {rate} rows/s, {left} s left, "
            "{cpu} CPU s",
            "{name}：第 {epoch} 轮，共 {epochs} 轮，损失 {loss}，每秒 {rate} 行，还需 {left} 秒，"
            "已用 CPU {cpu} 秒",
        ),
        "judged": ("{name}: epoch {epoch}, {told}", "{name}：第 {epoch} 轮，{told}"),
        "right": ("{share} right on validation", "验证行上答对 {share}"),
        "measure": ("{measure} {value} on validation", "验证行上：{measure} {value}"),
        "halves": (
            "{name}: memory ran out with {rows} rows at once; they are computed in halves, as one "
            "step all the same",
            "{name}：一次计算 {rows} 行时内存不足；改为分两半计算，仍算作一步",
        ),
        "smaller batches": (
            "{name}: memory ran out with {rows} rows at once; it begins anew with {fewer}, and "
            "each step has as many as before",
            "{name}：一次计算 {rows} 行时内存不足；改为一次 {fewer} 行重新开始，每一步的行数不变",
        ),
        "fewer tokens": (
            "{name}: {tokens} tokens are computed at once, which is what fits in {limit} MiB; "
            "a step stays the same",
            "{name}：一次计算 {tokens} 个词元，这是 {limit} MiB 内存所能容纳的；一步仍然相同",
        ),
        "tracker": (
            "{name}: tracker {part} failed and is told no more: {because}",
            "{name}：跟踪工具 {part} 失败，此后不再向它报告：{because}",
        ),
        # why layers are compiled, numbers are of a type, attention is by pieces
        "asked": (
            "asked for in the recipe, [training.craft]",
            "由配方 [training.craft] 指定",
        ),
        "no gain": ("a processor gains nothing by it", "处理器上编译没有好处"),
        "not tried": ("this kind of network was not tried", "没有试过这种网络"),
        "lengths differ": ("rows differ in length", "各行长短不一"),
        "short training": (
            "the training is too short to earn it back",
            "训练太短，省下的时间抵不过编译",
        ),
        "long training": (
            "a long training with rows of one length",
            "训练较长，且各行长度相同",
        ),
        # candidates
        "features": (
            "linear: {rows} rows, {features} features",
            "linear：{rows} 行，{features} 个特征",
        ),
        "head set": (
            "{name}: head set from {rows} rows of the frozen encoder",
            "{name}：先在冻结的编码器上用 {rows} 行拟合了分类头",
        ),
        "does not compete": (
            "{part} does not compete: {because}",
            "{part} 不参赛：{because}",
        ),
        "rivals": ("on validation: {rivals}", "验证行上：{rivals}"),
        "rival": ("{part} {share}", "{part} {share}"),
        "chosen": ("{part} {share} (chosen)", "{part} {share}（选用）"),
        "share by cost": (
            "{share} right at a cost of {figure} a row",
            "答对 {share}、每行成本 {figure}",
        ),
        "share by balanced_accuracy": (
            "{share} right with a balanced accuracy of {figure}",
            "答对 {share}、平衡准确率 {figure}",
        ),
        # pre-training
        "shape": (
            "{layers} layers, {hidden} wide, learning rate {rate}, dropout {dropout}",
            "{layers} 层，宽 {hidden}，学习率 {rate}，dropout {dropout}",
        ),
        "shape of the base": (
            "learning rate {rate}, dropout {dropout}",
            "学习率 {rate}，dropout {dropout}",
        ),
        "no words": (
            "{name}: Chinese is hidden by the character and not in whole words, which need the "
            "package rjieba (pip install 'chainring[data]')",
            "{name}：中文按单字而不是整词遮盖；整词遮盖需要软件包 rjieba"
            "（pip install 'chainring[data]'）",
        ),
        "neighbours": (
            "{name}: {begun} of {vocabulary} tokens begin by their neighbours",
            "{name}：词表 {vocabulary} 个词元中有 {begun} 个以其上下文邻居为初始值",
        ),
        "attention": (
            "{name}: attention by {way} ({because})",
            "{name}：注意力方式 {way}（{because}）",
        ),
        "pieces on gpu": ("{precision} on a GPU", "GPU 上的 {precision}"),
        "no kernel": ("a processor has no kernel for pieces", "处理器没有分段注意力的内核"),
        "kernel of 16 bits": (
            "the kernel for pieces has 16 bits",
            "分段注意力的内核只有 16 位",
        ),
        "own attention": (
            "networks of kind {kind} have attention of their own",
            "{kind} 类网络有自己的注意力实现",
        ),
        "attention dropout": (
            "the kernel for pieces knows no dropout of attention",
            "分段注意力的内核不支持注意力 dropout",
        ),
        "odd heads": (
            "the kernel for pieces wants heads of a multiple of 8, up to 256 wide",
            "分段注意力的内核要求每个头的宽度为 8 的倍数，最大 256",
        ),
        "old gpu": (
            "the kernel for pieces wants a GPU of compute capability 8.0 or later",
            "分段注意力的内核要求 GPU 的计算能力不低于 8.0",
        ),
        "old torch": ("this torch has no kernel for pieces", "此版本的 torch 没有分段注意力的内核"),
        # the study
        "study part": (
            "study: {number} of {count} parts told by the others ({learner})",
            "学习分析：第 {number} 份（共 {count} 份）已由其余各份教出的模型判断（{learner}）",
        ),
    },
    names={
        "loss": "损失",
        "perplexity": "困惑度",
        "accuracy": "准确率",
        "bits_per_character": "每字符比特数",
        "pair_accuracy": "句对准确率",
        "f1": "F1",
        "macro_f1": "宏平均 F1",
        "micro_f1": "微平均 F1",
        "entity_f1": "实体 F1",
        "chrf": "chrF",
        "bleu": "BLEU",
        "mask": "掩码",
        "pieces": "分段",
    },
)
progress = SENTENCES.say
