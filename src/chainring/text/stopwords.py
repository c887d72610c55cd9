"""Words that say little of what a text is about: a short list and a wide one, English and Chinese.

Enters a language, leaves a frozen set of lower-case words:

==============================  ===========================================================
``stopwords("en")``              articles, pronouns, auxiliaries, prepositions
``stopwords("zh", wide=True)``   particles and pronouns, and adverbs, connectives, fillers
==============================  ===========================================================

Negations (not, no, never, 不, 没) and question words stay out of both short lists: they turn the
meaning of a request round. The wide lists hold them.
"""

from __future__ import annotations

from chainring.contracts.errors import UnknownNameError

_SHORT = {
    "en": """
        a an the this that these those i me my mine we us our ours you your yours he him his she
        her hers it its they them their theirs myself yourself himself herself itself ourselves
        themselves am is are was were be been being have has had having do does did doing will
        would shall should can could may might must of in on at by for with from to into onto and
        or but if so as than then there here about over under after before between through during
        up down out off again also just too very i'm i've i'd i'll you're you've it's that's
        there's we're they're he's she's
    """,
    "zh": """
        的 了 着 过 地 得 之 也 都 就 还 又 再 很 太 更 最 在 是 有 把 被 给 让 对 向 从 到 和 与
        及 跟 同 或 而 且 但 但是 而且 并 并且 因为 所以 如果 虽然 以及 以 于 为 由 其 这 那 这个
        那个 这些 那些 这里 那里 这样 那样 我 你 您 他 她 它 我们 你们 他们 她们 它们 自己 咱们
        大家 吗 呢 吧 啊 呀 哦 嗯 哈 啦 嘛 一个 一些 一下 一 个 些 们 等 上 下 里 中 来 去 会 能
        可以 要
    """,
}
_WIDE = {
    "en": """
        above according accordingly across actually afterwards against all almost alone along
        already although always among amongst amount another any anybody anyhow anyone anything
        anyway anywhere apart around aside asked away back basically became because become becomes
        becoming beforehand behind below beside besides best better beyond both bottom brief came
        cannot certain certainly clearly come comes common concerning consequently consider
        considering contain containing corresponding couldn't course currently definitely
        described despite didn't different doesn't don't done downwards each earlier eight either
        eleven else elsewhere empty enough entirely especially etc even ever every everybody
        everyone everything everywhere exactly example except far few fifteen fifth first five
        followed following follows former formerly forth forty found four front full further
        furthermore gave general generally get gets getting give given gives giving go goes going
        gone got gotten greatly hadn't happens hardly hasn't haven't hence hereafter hereby herein
        hereupon hi hello hither hopefully how howbeit however hundred immediate immediately
        inasmuch indeed indicate indicated indicates inner instead inward isn't itself keep keeps
        kept knew know known knows largely last lately later latter latterly least less lest let
        let's like liked likely likewise little look looking looks lots made mainly make makes
        making many maybe mean means meantime meanwhile merely mostly more moreover most mr mrs ms
        much mustn't namely near nearly necessarily necessary need needed needs neither never
        nevertheless new next nine no nobody non none nonetheless noone nor normally not nothing
        notwithstanding now nowhere obviously often oh ok okay old once one ones only other others
        otherwise ought outside overall own part particular particularly past per perhaps placed
        please plus possible possibly presumably previously primarily probably promptly provide
        provided provides quite rather really reasonably recent recently regarding regardless
        regards relatively respectively right said same saw say saying says second secondly see
        seeing seem seemed seeming seems seen self selves sent serious seriously seven several
        shan't shouldn't show showed shown shows side significantly similar similarly simply since
        six sixty slightly some somebody somehow someone something sometime sometimes somewhat
        somewhere soon specifically still strongly substantially successfully such sufficiently
        suggest sure take taken takes taking tell ten tends thank thanks thence thereafter thereby
        therefore therein thereupon thing things think third thirty thorough thoroughly though
        thousand three throughout thru thus till together told took top toward towards tried tries
        truly try trying twelve twenty twice two unless unlike unlikely until unto upon usually
        use used useful uses using usual various versus via viz want wanted wants wasn't way ways
        well went weren't what whatever what's when whence whenever where whereafter whereas
        whereby wherein whereupon wherever whether which whichever while whither who who's whoever
        whole whom whose why widely willing wish within without won't wonder wouldn't yes yet
        aren't can't they've they'd they'll we've we'd we'll you'd you'll he'd he'll she'd she'll
    """,
    "zh": """
        不 没 没有 不是 不会 不能 不要 别 无 非 未 勿 莫 什么 怎么 怎样 如何 为什么 为何 哪 哪里
        哪个 哪些 谁 几 多少 何 何时 多 少 大 小 好 新 老 高 低 第一 第二 第三 两 二 三 四 五 六
        七 八 九 十 百 千 万 亿 零 半 双 次 件 位 名 只 条 张 种 样 类 份 点 项 本 章 节 年 月 日
        时 分 秒 天 周 今天 昨天 明天 现在 目前 当前 以前 以后 之前 之后 后来 然后 随后 接着 首先
        其次 最后 最终 终于 同时 当时 此时 那时 有时 平时 随时 及时 立即 立刻 马上 刚 刚刚 刚才 曾
        曾经 已 已经 正 正在 将 将要 即将 仍 仍然 依然 依旧 始终 一直 从来 从未 总 总是 经常 常常
        往往 偶尔 渐渐 逐渐 逐步 不断 一再 再三 再次 重新 反复 又是 非常 十分 特别 尤其 极 极其
        极为 相当 比较 较 较为 稍 稍微 略 略微 有点 有些 几乎 差不多 大约 大概 大致 约 左右 至少
        至多 最多 最少 仅 仅仅 只是 只有 只要 只能 光 单 单单 全 全部 全体 整个 一切 所有 各 各个
        各自 每 每个 每次 每天 任何 某 某个 某些 其他 其它 其余 其中 另 另外 别的 别人 他人 人家
        本人 本身 彼此 互相 相互 一起 一同 共 共同 总共 一共 合计 分别 单独 亲自 不同 相同 同样
        一样 一般 通常 普通 主要 重要 基本 基本上 大部分 多数 大多 大多数 少数 许多 很多 不少 若干
        多么 那么 这么 如此 如是 这般 此 此外 此次 该 兹 彼 斯 夫 乎 哉 矣 焉 者 所 所谓 所有的 即
        即使 即便 就是 就算 哪怕 纵然 纵使 尽管 固然 不管 不论 无论 虽 虽说 虽则 然而 可 可是 不过
        却 反而 反之 相反 否则 不然 要不 要不然 要是 假如 假使 假若 倘若 倘使 若 若是 如 如同
        如此一来 万一 除非 除 除了 除此之外 既 既然 既是 由于 因 因此 因而 从而 于是 以至 以致
        致使 使 使得 令 叫 以便 以免 免得 为了 为着 为此 而是 而已 罢了 而言 来说 来看 来讲 说来
        说起 看来 看起来 据 据说 据此 根据 依 依照 依据 按 按照 照 照着 通过 经 经过 沿 沿着 朝
        朝着 往 向着 对于 关于 至于 至 直到 直至 自 自从 打从 从此 起 起来 当 当着 趁 趁着 随 随着
        跟着 比 比如 比方 例如 譬如 诸如 像 好像 似乎 仿佛 好似 犹如 正如 甚至 甚而 乃至 乃 还是
        还有 还要 或是 或者 要么 与其 宁可 宁愿 何况 况且 再说 再者 加之 加上 以上 以下 以内 以外
        以来 之一 之类 之间 内 外 前 后 左 右 旁 间 边 面 上面 下面 里面 外面 前面 后面 上下 一边
        一方面 另一方面 一面 一旦 一来 一则 一时 一定 一样的 必 必须 必定 必然 必要 务必 需 需要
        应 应当 应该 该当 可能 也许 或许 恐怕 大抵 想必 似的 能够 能否 可否 是否 是不是 有没有
        能不能 可不可以 要不要 会不会 愿 愿意 肯 敢 想 想要 觉得 认为 以为 知道 看 看到 说 说道 讲
        问 告诉 表示 指出 做 作 作为 进行 加以 予以 给予 开始 继续 完成 成 成为 变成 变得 得到
        达到 出现 出 出来 出去 进 进来 进去 上来 上去 下来 下去 过来 过去 回 回来 回去 用 拿 放 请
        请问 谢谢 麻烦 您好 你好 哎 唉 喂 嘿 哟 咦 呵 呵呵 哈哈 嘻嘻 噢 喔 哇 呜 咳 嗨 呗 咯 喽 哩
        么 罢 般 的话 的时候 时候 时间 地方 东西 事 事情 情况 问题 方面 方式 样子 原因 结果 确实
        实在 的确 真 真的 真是 其实 究竟 到底 毕竟 果然 居然 竟 竟然 原来 本来 反正 简直 显然 当然
        自然 难道 难怪 怪不得 幸亏 只好 不得不 不得 不仅 不但 不只 不光 不单 不如 不止 不必 不用
        不可 不至于 不料 不怕 不一 不久 不大 不太 不够 不成 不敢 不然的话 不由得 没事 没什么
    """,
}
_SETS = {
    (language, wide): frozenset((words + (_WIDE[language] if wide else "")).split())
    for language, words in _SHORT.items()
    for wide in (False, True)
}


def stopwords(language: str, *, wide: bool = False) -> frozenset[str]:
    """Return the stop words of a language.

    Parameters
    ----------
    language
        ``en`` or ``zh`` (simplified characters).
    wide
        Whether to add the wide list: for pictures of words, not for classification.

    Raises
    ------
    UnknownNameError
        When there is no list for the language.

    >>> "the" in stopwords("en"), "not" in stopwords("en"), "not" in stopwords("en", wide=True)
    (True, False, True)
    """
    if language not in _SHORT:
        raise UnknownNameError("language of stop words", language, _SHORT)
    return _SETS[language, wide]
