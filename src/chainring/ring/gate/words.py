"""The Chinese of the gate's own words: values, tests, checks, slices and why rows are dropped."""

from __future__ import annotations

NAMES = {
    # values
    "first": "首个模型",
    "better": "更好",
    "no measurable difference": "无可测差别",
    "worse within noise": "略差，在误差之内",
    "worse": "更差",
    "not fit": "不合格",
    # tests
    "exact McNemar": "精确 McNemar 检验",
    "exact McNemar, Holm": "精确 McNemar 检验，Holm 校正",
    "sign flip by author": "按作者的符号翻转检验",
    "sign flip by author, Holm": "按作者的符号翻转检验，Holm 校正",
    "sign flip by group": "按组的符号翻转检验",
    "sign flip by group, Holm": "按组的符号翻转检验，Holm 校正",
    "sign flip by episode": "按会话的符号翻转检验",
    "sign flip by episode, Holm": "按会话的符号翻转检验，Holm 校正",
    "sign flip by reaction rate": "按反应率加权的符号翻转检验",
    "paired bootstrap by author": "按作者的配对自助法",
    "paired bootstrap by author, Holm": "按作者的配对自助法，Holm 校正",
    "paired bootstrap by group": "按组的配对自助法",
    "paired bootstrap by group, Holm": "按组的配对自助法，Holm 校正",
    "paired bootstrap by episode": "按会话的配对自助法",
    "paired bootstrap by episode, Holm": "按会话的配对自助法，Holm 校正",
    "exact binomial against the majority class": "相对多数类的精确二项检验",
    "weighed sign flip": "加权符号翻转检验",
    "weighed sign flip, Holm": "加权符号翻转检验，Holm 校正",
    "weighed sign flip by author": "按作者的加权符号翻转检验",
    "weighed sign flip by author, Holm": "按作者的加权符号翻转检验，Holm 校正",
    "weighed sign flip by episode": "按会话的加权符号翻转检验",
    "weighed sign flip by episode, Holm": "按会话的加权符号翻转检验，Holm 校正",
    "weighed sign flip by group": "按组的加权符号翻转检验",
    "weighed sign flip by group, Holm": "按组的加权符号翻转检验，Holm 校正",
    "weighed sign flip, unseen mistakes": "加权符号翻转检验，计入未见的错误",
    "weighed sign flip by author, unseen mistakes": "按作者的加权符号翻转检验，计入未见的错误",
    "weighed sign flip by episode, unseen mistakes": "按会话的加权符号翻转检验，计入未见的错误",
    "weighed sign flip by group, unseen mistakes": "按组的加权符号翻转检验，计入未见的错误",
    "weighed sign flip, unseen mistakes, Holm": "加权符号翻转检验，计入未见的错误，Holm 校正",
    "weighed sign flip by author, unseen mistakes, Holm": (
        "按作者的加权符号翻转检验，计入未见的错误，Holm 校正"
    ),
    "weighed sign flip by episode, unseen mistakes, Holm": (
        "按会话的加权符号翻转检验，计入未见的错误，Holm 校正"
    ),
    "weighed sign flip by group, unseen mistakes, Holm": (
        "按组的加权符号翻转检验，计入未见的错误，Holm 校正"
    ),
    "sign test": "符号检验",
    "none: no rows": "无：没有行",
    # checks
    "better than the champion": "优于现任模型",
    "better than the majority class": "优于多数类",
    "better than always the same answer": "优于总给同一答案",
    "suite not worse": "固定评测集不变差",
    "holdout not worse": "留出部分不变差",
    "preference not worse": "偏好不变差",
    "slices not worse": "各切片不变差",
    "must": "必须答对",
    "reopened": "修复不反复",
    "passed on": "转人工",
    "parity": "一致性",
    "size": "大小",
    "speed": "速度",
    "latency": "延迟",
    # parts and slices
    "pooled": "合并",
    "suite": "固定评测集",
    "holdout": "留出部分",
    "preference": "偏好",
    "known labels": "现任模型认识的标签",
    "label": "标签",
    "new label": "新标签",
    "language": "语言",
    "source": "来源",
    "protected": "受保护群体",
    # why rows are dropped
    "trained_on": "训练时已用过",
    "near_duplicate": "与训练数据近似",
}
