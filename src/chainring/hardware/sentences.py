"""What is said of a machine and of where work runs, in English and Chinese.

say("found", what="avx512_bf16")
"""

from __future__ import annotations

from chainring.text.sentences import Sentences

SENTENCES = Sentences(
    {
        # where work runs
        "asked": ("asked for in the recipe, [hardware]", "配方 [hardware] 中指定"),
        "asked, slow": (
            "asked for in the recipe, [hardware]; slow here, no bf16 in hardware",
            "配方 [hardware] 中指定；本机硬件不支持 bf16，会很慢",
        ),
        "found": ("{what} found", "发现 {what}"),
        "no gpu": ("no NVIDIA GPU was found", "没有发现 NVIDIA GPU"),
        "torch without cuda": (
            "{gpu} was found, but the installed torch is built for processors only; install a "
            "build of torch for CUDA to use it",
            "发现 {gpu}，但所安装的 torch 只支持处理器；要使用它，请安装支持 CUDA 的 torch",
        ),
        "no bf16": ("no bf16 in hardware: {place}", "硬件不支持 bf16：{place}"),
        "the processor": ("the processor", "处理器"),
        "processors": ("{cores} processors may be used", "可用 {cores} 个处理器"),
        "physical": (
            "{threads} physical cores among {cores} usable processors",
            "{cores} 个可用处理器中有 {threads} 个物理核心",
        ),
        "one process": ("one machine: {workers} process", "单机：{workers} 个进程"),
        "processes": ("one machine: {workers} processes", "单机：{workers} 个进程"),
        # the doctor
        "usable cores": (
            "that this process may use (affinity and container limit)",
            "本进程可用（受亲和性与容器限制）",
        ),
        "usable and physical": (
            "that this process may use (affinity and container limit); {physical} physical",
            "本进程可用（受亲和性与容器限制）；物理核心 {physical} 个",
        ),
        "memory": ("the container's limit where it has one", "容器有限制时为容器的上限"),
        "disk": ("where the project lies", "项目所在的磁盘"),
        "by nvidia-smi": ("found by nvidia-smi", "由 nvidia-smi 发现"),
        "missing": (
            "{absent}; install with: {command}",
            "{absent}；安装命令：{command}",
        ),
        "all here": ("all its packages are here", "所需软件包齐全"),
        "extra": ("extra {name}", "组件 {name}"),
        "gpu": ("gpu {number}", "显卡 {number}"),
    },
)
say = SENTENCES.say
WORDS = Sentences(
    {
        "system": ("system", "系统"),
        "processor": ("processor", "处理器"),
        "cores": ("cores", "核心"),
        "memory": ("memory", "内存"),
        "free disk": ("free disk", "可用磁盘"),
        "device": ("device", "设备"),
        "precision": ("precision", "数值精度"),
        "threads": ("threads", "线程"),
        "executor": ("executor", "执行器"),
        "missing": ("missing", "缺少"),
        "installed": ("installed", "已安装"),
    }
)
word = WORDS.say
