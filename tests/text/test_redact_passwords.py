"""Passwords without a digit, by their label: what goes, and the sentences about passwords."""

from __future__ import annotations

import pytest

from chainring.text.redact import KINDS, redact

GO = {
    "密码:QWEasd!@#": "密码:[secret]",
    "密码：QWEasd!@#，请保密": "密码：[secret]，请保密",
    "密码是P@ssword": "密码是[secret]",
    "登录密码设为P@ssword。": "登录密码设为[secret]。",
    "password: QWEasd!@#": "password: [secret]",
    "my password is P@ssword.": "my password is [secret].",
    '{"password": "hunterxyz"}': '{"password": "[secret]"}',
    "{'user': 'bob', 'passwd': 'open-sesame'}": "{'user': 'bob', 'passwd': '[secret]'}",
    '{"password":"pa$$"}': '{"password":"[secret]"}',
    'the password is "swordfish"': 'the password is "[secret]"',
    "密码是“swordfish”": "密码是“[secret]”",
    "'password' => 'swordfish'": "'password' => '[secret]'",
    "密码：hunterxyz": "密码：[secret]",
    "账号bob，密码：hunterxyz，谢谢": "账号bob，密码：[secret]，谢谢",
    "密码是hunterxyz": "密码是[secret]",
    "Wi-Fi口令：openSesame。": "Wi-Fi口令：[secret]。",
    "password: hunterxyz": "password: [secret]",
    "user: bob, pwd: hunterxyz, host: a": "user: bob, pwd: [secret], host: a",
    "https://example.com/?user=bob&password=hunterxyz&x=y": (
        "https://example.com/?user=bob&password=[secret]&x=y"
    ),
    "password: Passw0rd!": "password: [secret]",
    "密码是abc123!，别外传": "密码是[secret]，别外传",
    "(password: abc123!)": "(password: [secret])",
    "password: $uper$ecret": "password: [secret]",
    "门锁密码 1234": "门锁密码 [secret]",
    "取件码：482913": "取件码：[secret]",
    "is the password: hunter2?": "is the password: [secret]?",
}
STAY = [
    "忘记密码：怎么办",
    "密码：忘了",
    "密码：请联系客服",
    "密码是什么",
    "密码：字母+数字",
    "忘记密码：https://example.com/reset",
    "Forgot password: https://example.com/a@b",
    "重置密码: www.example.com/reset",
    "忘记密码：Windows登录不了",
    "密码：******",
    "password: ********",
    "密码：xxxxxx",
    "密码：C++",
    "门锁密码改了3次",
    "取件码有6位",
    "PASSWORD=$(cat /run/secret)",
    "pwd=/home/bob/project",
    "def login(user: str, password: str) -> None:",
    "password: required",
    "Password: please reset it",
    "password: wrong!",
    "password: wrong/expired",
    "password: n/a",
    "password: don't know",
    "password: one-time",
    "password is wrong!!!",
    "password is *important*",
    "the password is too short",
    "my password was changed yesterday",
    'the password is "invalid"',
    '{"password": "string"}',
    '{"password": "Password"}',
    '{"password": "密码"}',
    '{"password": null}',
    '{"password": "${DB_PASSWORD}"}',
    '{"password": "auth.password.label"}',
    '{"password": "Enter your password"}',
    "password = os.environ[name]",
    "password = getpass.getpass()",
    "login(user=user, password=password)",
    "connect(host, password=self.password)",
    "password: string",
    "password: #important",
    "password:",
    "a password manager, please",
    "passwordless login",
    "密码学",
    "密码锁：Schlage",
    "口令红包：恭喜发财",
]


@pytest.mark.parametrize(("text", "expected"), GO.items())
def test_a_password_without_a_digit_goes(text: str, expected: str) -> None:
    assert redact(text).text == expected
    assert redact(expected).text == expected


@pytest.mark.parametrize("text", STAY)
def test_a_sentence_about_passwords_stays(text: str) -> None:
    assert redact(text).text == text


PIECES = ["密码：", "密码：a", "password: ", 'password: "', "password=!", "pwd:a!", "密码是P@s"]


@pytest.mark.parametrize("length", [30_000, pytest.param(100_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("piece", PIECES)
def test_very_many_hostile_characters_end(piece: str, length: int) -> None:
    for text in ((piece * length)[:length], piece + "a@" * (length // 2), piece + "!" * length):
        once = redact(text, kinds=KINDS).text
        assert redact(once, kinds=KINDS).text == once
