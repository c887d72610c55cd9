"""Postal addresses by their form, Chinese and English, and what only sounds like one."""

from __future__ import annotations

import pytest

from chainring.text.redact import KINDS, redact

GO = {
    "我住翠苑小区12幢3单元401室": "我住[address]",
    "家在幸福小区3号楼2单元501室": "家在[address]",
    "住在阳光小区3号楼2单元501室": "住在[address]",
    "快递放在阳光花园5栋2单元1201就行": "快递放在[address]就行",
    "翠苑12幢3单元401室一直装修": "[address]一直装修",
    "请送到阳光花园 5 栋 2 单元 501 室": "请送到[address]",
    "保利公馆A座1203室的快递": "[address]的快递",
    "翠苑二期12幢401有人投诉": "[address]有人投诉",
    "幸福小区3-2-501漏水": "[address]漏水",
    "幸福小区三号楼二单元501室漏水": "[address]漏水",
    "我住翠苑小区12幢": "我住[address]",
    "我家在翠苑小区12号楼，没电": "我家在[address]，没电",
    "河北省石家庄市裕华区东岗路村15组": "[address]",
    "湖南省长沙县春华镇大鱼村12组34号": "[address]",
    "春华镇大鱼村12组": "[address]",
    "大鱼村12组34号停电": "[address]停电",
    "住在湖滨一路9号": "住在[address]",
    "住在中山一路8号": "住在[address]",
    "我家在湖滨一路109号": "我家在[address]",
    "我住湖滨一路9号": "我住[address]",
    "請寄到體育一路12號": "請寄到[address]",
    "快递放解放一路3号": "快递放[address]",
    "上城区湖滨一路9号": "[address]",
    "杭州市上城区湖滨一路9号": "[address]",
    "青岛观海一路10号": "[address]",
    "地址：广州市海珠区琶洲一路18号": "地址：[address]",
    "12 The Green, Oxford OX1 1AA": "[address]",
    "Flat 5, 12 Oak House, Leeds LS1 4AP": "[address]",
    "Flat 2B, 14 High Street, London SW1A 1AA": "[address]",
    "I live at Flat 5, 12 Oak House, Leeds, LS1 4AP.": "I live at [address].",
    "1 Infinite Loop, Cupertino, CA 95014": "[address]",
    "PO Box 123, Springfield, IL 62704": "[address]",
    "write to P.O. Box 1234, Boston, MA 02110": "write to [address]",
    "my postcode is OX1 1AA": "my postcode is [address]",
    "Postcode: SW1A 1AA.": "Postcode: [address].",
}
STAY = [
    "一路12号",
    "我一路9号出发",
    "这一路5号店都关",
    "北京一路5号出发",
    "从上海一路12号开到南京",
    "家在北京一路9号才回来",
    "我们从杭州市上城区出发一路9号走",
    "从成都市武侯区一路25号开到绵阳",
    "小区门口一路3号楼都停电",
    "快递送到中转站一路12号没更新",
    "住在酒店的我们一路5号走",
    "超市买菜坐一路5号车",
    "祝你一路顺风5号见",
    "北京路步行街5号出口",
    "上海南京路步行街2号口集合",
    "小区一共12幢楼",
    "我们小区有12幢",
    "翠苑小区12幢和13幢都停水",
    "小区12号楼停电",
    "12幢3单元停水",
    "12幢3单元401室",
    "3号楼2单元",
    "会议室在3号楼301室",
    "我住3号楼",
    "我住12楼",
    "我住酒店的301房",
    "我住的房间在3楼",
    "住院部5号楼3楼",
    "医院3号楼2楼挂号",
    "商场3号楼2层",
    "邻居3号楼2单元",
    "这里12幢3单元",
    "幼儿园3号楼201室",
    "全村12组村民",
    "本村3组",
    "村里3组人打牌",
    "实验3组12号样品",
    "游北京城3组家庭",
    "北京欢乐谷公园3组家庭",
    "碧桂园12栋300平",
    "碧桂园12栋 300 平",
    "恒大城12栋2026交房",
    "花园12座500强企业",
    "阳光花园5栋1201人",
    "小区3栋300户",
    "古城里3座100米高的塔",
    "我们村3组有20户",
    "苏州园区12幢厂房",
    "工业园3号楼2楼车间",
    "一期3号楼已售120套",
    "房号：3-2-501",
    "小区3-2赢了",
    "幸福小区3-2-1开始",
    "花园12-3-4",
    "江苏队3-2-501",
    "家里3号楼梯坏了",
    "花园5号电池",
    "房间401室很吵",
    "2026年3月12幢竣工",
    "订单12栋号4471",
    "The Green 12, Oxford",
    "In 2026 Oxford United",
    "12 Green Bottles, please",
    "OX1 1AA",
    "part no. AB12 3CD",
    "Flat 5 is free",
    "4 GB RAM, 320 GB Hard Drive",
    "Apple 8x DVDRW Drive",
    "12 Monkeys, Brazil, Time Bandits",
    "2026 World Cup, Dallas",
    "box 123",
    "post box 123",
    "zip code 02110",
    "In 2026 Python 3 shipped part AB12 3CD",
    "postcode lottery 2026",
]


@pytest.mark.parametrize(("text", "expected"), GO.items())
def test_an_address_goes_by_its_form(text: str, expected: str) -> None:
    assert redact(text).text == expected


@pytest.mark.parametrize("text", STAY)
def test_what_only_sounds_like_an_address_stays(text: str) -> None:
    assert redact(text).text == text


PIECES = [
    "小区12幢", "翠苑", "村12组", "小区1-", "一号楼", "家在苑", "12 Oak, ", "Oak, ", "PO Box 1, ",
    "Flat 5, ", "postcode ", "12 A A A A, A, A, ", "寄到南京25号",
    "住在阳光花园8号", "家住一二三里", "住在石桥头105号", "省市区镇", "地址是是是是",
    "北京市区大石镇9号前",
]  # fmt: skip


@pytest.mark.parametrize("length", [30_000, pytest.param(100_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("piece", PIECES)
def test_very_many_hostile_characters_end(piece: str, length: int) -> None:
    text = (piece * (length // len(piece) + 1))[:length]
    once = redact(text, kinds=KINDS).text
    assert redact(once, kinds=KINDS).text == once
