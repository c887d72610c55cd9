"""Who speaks: a shop, a post or a team beside 客服 answers; who speaks of 客服 does not."""

from __future__ import annotations

import pytest

from chainring.data.sources.roles import side_of

POSTS = ("专员", "代表", "经理", "主管", "组长", "顾问", "人员")


@pytest.mark.parametrize("post", POSTS)
def test_a_post_before_or_behind_answers(post: str) -> None:
    names = (f"客服{post}", f"客服{post}小王", f"{post}客服", f"购房{post}客服")
    assert [side_of(name) for name in names] == ["answers"] * len(names)


@pytest.mark.parametrize(
    "name",
    ["蚕丝被旗舰店客服", "羽绒被店客服", "蚕丝被客服", "问界客服", "问界旗舰店客服", "爱问客服",
     "问答客服", "梦想家客服", "想念食品客服", "转运客服", "中转仓客服", "催收客服", "客服-催收组",
     "垃圾分类客服", "防骗中心客服", "请柬店客服", "给力商城客服", "不二家客服", "呼叫中心客服",
     "客服转接员", "客服小问", "客服太阳", "客服在线", "客服在线小王"],
)  # fmt: skip
def test_a_shop_or_a_team_may_be_called_as_it_likes(name: str) -> None:
    assert side_of(name) == "answers"


@pytest.mark.parametrize(
    "name",
    ["问客服", "我想问下你们客服", "请客服", "被旗舰店客服", "催客服", "给客服", "没有客服",
     "需要人工客服", "我要客服", "联系客服", "不是客服", "在吗客服", "你好客服", "黑心客服",
     "骗子客服", "差评客服", "好慢的客服", "客服没人", "客服不理我", "客服请回复", "客服给我滚",
     "客服骗人", "客服是垃圾", "客服真差", "客服人呢", "客服在哪", "客服你好", "客服催我",
     "客服联系我", "客服被投诉", "我要转人工客服", "不想要客服", "被骗的客服", "客服在吗",
     "客服在线吗"],
)  # fmt: skip
def test_who_calls_for_or_speaks_of_them_does_not_answer(name: str) -> None:
    assert side_of(name) == ""
