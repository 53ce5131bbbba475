"""What moto makes for nobody, and need not: an RSA key behind each symmetric KMS key, and Amazon's machine images."""

from functools import cache

from moto import settings
from moto.kms import models as kms
from moto.kms.utils import AbstractPrivateKey, generate_private_key

_unused = cache(generate_private_key)


def lighten() -> None:
    """For all worlds of the process; together they take most of the time in which a large topology starts."""
    kms.generate_private_key = _private_key  # type: ignore[attr-defined]  # what moto imports there
    settings.ec2_load_default_amis = lambda: False


def _private_key(key_spec: str) -> AbstractPrivateKey:
    return _unused(key_spec) if key_spec == "SYMMETRIC_DEFAULT" else generate_private_key(key_spec)
