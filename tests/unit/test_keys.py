"""Key pairs: made once, private, and only the right half's signature holds."""

import stat
from pathlib import Path

import pytest

from dr_core.errors import ConfigError
from dr_core.keys import PublicKey, SigningKey, public_path


def test_a_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "worker.pem"
    first = SigningKey.load_or_create(path)
    again = SigningKey.load_or_create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert first.sign(b"x") == again.sign(b"x")
    assert PublicKey.read(public_path(path)).verify(b"x", first.sign(b"x"))


def test_only_the_same_bytes_and_the_same_key_hold(tmp_path: Path) -> None:
    key, other = (SigningKey.load_or_create(tmp_path / name) for name in ("one.pem", "two.pem"))
    assert key.public.verify(b"x", key.sign(b"x"))
    assert not key.public.verify(b"y", key.sign(b"x"))
    assert not key.public.verify(b"x", other.sign(b"x"))
    for broken in ("", "no base64", key.sign(b"x")[:-4], "é"):
        assert not key.public.verify(b"x", broken)


def test_a_public_half_that_was_lost_or_replaced_is_written_again(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    key = SigningKey.load_or_create(path)
    public_path(path).write_bytes(public_path(path).read_bytes()[:10])
    SigningKey.load_or_create(path)
    assert PublicKey.read(public_path(path)).verify(b"x", key.sign(b"x"))


@pytest.mark.parametrize("content", [b"", b"nonsense", b"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"])
def test_a_file_that_is_no_key_names_its_variable(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="DR_WORKER_KEY"):
        SigningKey.load_or_create(path, variable="DR_WORKER_KEY")
    with pytest.raises(ConfigError, match="DR_WORKER_KEY"):
        PublicKey.read(path, variable="DR_WORKER_KEY")


def test_a_folder_that_does_not_exist_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nowhere"):
        SigningKey.load_or_create(tmp_path / "nowhere" / "key.pem")
