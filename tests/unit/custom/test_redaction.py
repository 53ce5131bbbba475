"""What others' code says, as the audit keeps it."""

import time

import pytest

from dr_core.custom.redaction import one_line


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("warmed 12 pages in 3 s", "warmed 12 pages in 3 s"),
        ("two\nlines\tand\x1b[31m colour", "two lines and [31m colour"),
        ("password=hunter2 ok", "password=[secret] ok"),
        ('{"db_password": "hun,ter 2", "n": 1}', '{"db_password": [secret], "n": 1}'),
        (r"{\"apiKey\": \"abc\"}", r"{\"apiKey\": [secret]}"),
        ("AWS_SECRET_ACCESS_KEY: wJalrXUtnFEMI/K7", "AWS_SECRET_ACCESS_KEY: [secret]"),
        ("used AKIAIOSFODNN7EXAMPLE today", "used [secret] today"),
        ("Authorization: Bearer abcdefgh12345", "Authorization: [secret]"),
        ("sent bearer abcdefgh12345.", "sent [secret]"),
        ("jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIi.c2ln end", "jwt [secret] end"),
        ("postgres://shop:pw@db.example.com/x", "postgres://[secret]@db.example.com/x"),
        ("xoxb-12-abc said", "[secret] said"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- after", "[secret] after"),
        ("\u202egnp.exe", "gnp.exe"),
        ('{"n": 1, "secret": {"user": "shop", "value": "Hunter2"}}', '{"n": 1, "secret": [secret]'),
        ('{"credentials": ["Alpha1","Bravo2"]}', '{"credentials": [secret]'),
        (r"{\"credentials\": [\"Alpha1\", \"Bravo2\"]}", r"{\"credentials\": [secret]"),
        ("credentials:\n  - Alpha1\n  - Bravo2", "credentials:[secret]"),
        ("secret: |\n  Alpha1\n  Bravo2", "secret: [secret]"),
        ("tokens=('Alpha1', 'Bravo2')", "tokens=[secret]"),
        (r'password="a\"bcd" ok', "password=[secret] ok"),
        (r"password='a\'bcd' ok", "password=[secret] ok"),
        (r'password="a\\" ok', "password=[secret] ok"),
        (r"{\"password\": \"a\\\"bcd\", \"n\": 1}", r"{\"password\": [secret], \"n\": 1}"),
        ('password="never ended', "password=[secret]"),
        ("password=b'two words' ok", "password=[secret] ok"),
        ("password=hun,ter;2&3 ok", "password=[secret] ok"),
        ("password => hunter2 ok", "password => [secret] ok"),
        ("secrets[0]=hunter2 ok", "secrets[0]=[secret] ok"),
        ("PWD: hunter2 ok", "PWD: [secret] ok"),
        ("passphrase: correct horse battery\nok", "passphrase: [secret] ok"),
        ("Set-Cookie: session=abc; id=def\nok", "Set-Cookie: [secret] ok"),
        ('Authorization: Digest username="shop", response="abc"\nok', "Authorization: [secret] ok"),
        ("token=AKIAIOSFODNN7EXAMPLE/rest ok", "token=[secret] ok"),
        (f"cloned with ghp_{'a1' * 18} ok", "cloned with [secret] ok"),
        ("the token expired: asked again", "the token expired: asked again"),
    ],
)
def test_secrets_and_control_characters_are_cut_out(said, kept):
    assert one_line(said) == kept


def test_a_long_text_loses_its_end_after_its_secrets():
    assert one_line("x" * 300) == "x" * 277 + "..."
    assert "hunter2" not in one_line("password=hunter2 " * 40)


@pytest.mark.parametrize("piece", ["a", "token", 'token="', "token=\\", "token:\n", "secret[", '\\"'])
def test_a_text_of_any_shape_costs_little(piece):
    """Sixty kilobytes: each place is looked at a few times, not each against each."""
    text = piece * (60_000 // len(piece))
    begun = time.process_time()
    one_line(text)
    assert time.process_time() - begun < 2.0
