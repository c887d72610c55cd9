"""Processors as Linux on Intel and ARM and macOS describe them."""

from pathlib import Path

from chainring.hardware.processor import instruction_sets, physical_cores, processor_name

INTEL = """processor\t: 0
model name\t: Intel(R) Xeon(R) Platinum 8480C
flags\t\t: fpu sse4_2 avx avx2 avx512f avx512_vnni avx512_bf16 amx_bf16 amx_tile amx_int8 hle
"""
GRAVITON = """processor\t: 0
Features\t: fp asimd evtstrm aes asimdhp asimddp sve i8mm bf16
"""
APPLE = """hw.optional.arm.FEAT_BF16: 1
hw.optional.arm.FEAT_SME: 0
hw.optional.AdvSIMD: 1
hw.optional.neon: 1
hw.physicalcpu: 8
machdep.cpu.brand_string: Apple M2
"""
OLD_MAC = """hw.optional.avx2_0: 1
machdep.cpu.features: FPU SSE4.2 AVX1.0
machdep.cpu.leaf7_features: AVX2 BMI1
machdep.cpu.brand_string: Intel(R) Core(TM) i5
"""


def test_an_intel_server_tells_its_matrix_and_vector_sets() -> None:
    assert instruction_sets(INTEL) == (
        "sse4_2", "avx", "avx2", "avx512f", "avx512_vnni", "avx512_bf16",
        "amx_tile", "amx_bf16", "amx_int8",
    )  # fmt: skip
    assert processor_name(INTEL) == "Intel(R) Xeon(R) Platinum 8480C"


def test_arm_sets_get_the_same_names_on_linux_and_on_macos() -> None:
    assert instruction_sets(GRAVITON) == ("neon", "fp16", "dotprod", "i8mm", "bf16", "sve")
    assert instruction_sets(APPLE) == ("neon", "bf16")
    assert processor_name(APPLE) == "Apple M2"
    assert processor_name(GRAVITON) == ""


def test_an_intel_mac_tells_its_sets_in_upper_case() -> None:
    assert instruction_sets(OLD_MAC) == ("sse4_2", "avx", "avx2")


def test_two_processors_of_one_core_count_once(tmp_path: Path) -> None:
    for number, siblings in enumerate(["0,2", "1,3", "0,2", "1,3"]):
        folder = tmp_path / f"sys/devices/system/cpu/cpu{number}/topology"
        folder.mkdir(parents=True)
        (folder / "thread_siblings_list").write_text(siblings + "\n", encoding="ascii")
    assert physical_cores(tmp_path, [0, 1, 2, 3]) == 2
    assert physical_cores(tmp_path, [0, 2]) == 1


def test_physical_cores_are_0_where_linux_does_not_tell(tmp_path: Path) -> None:
    assert physical_cores(tmp_path, [0]) == 0
