"""What moto makes and need not: some of it is for nobody, some stays the same and is made again and again.

For nobody are an RSA key behind each symmetric KMS key and Amazon's machine images; the same are the list of all
services, which goes with each model, and the list of a class's methods, which goes with each call. And what
moto refuses though AWS takes it: a policy that names jobs of S3 Batch Operations, whose ARNs have a region.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
"""

from functools import cache

from moto import settings
from moto.core import loaders, responses, utils
from moto.iam import policy_validation
from moto.kms import models as kms
from moto.kms.utils import AbstractPrivateKey, generate_private_key

_REGIONAL = ["accesspoint/", "job/"]
_unused = cache(generate_private_key)
_loader = cache(loaders.create_loader)
_methods = cache(utils.method_names_from_class)


def lighten() -> None:
    """For all worlds of the process; together they take most of the time in which a large topology starts."""
    kms.generate_private_key = _private_key  # type: ignore[attr-defined]  # what moto imports there
    settings.ec2_load_default_amis = lambda: False
    utils.create_loader = _loader  # type: ignore[attr-defined]
    responses.method_names_from_class = _methods  # type: ignore[attr-defined]
    policy_validation.SERVICE_TYPE_REGION_INFORMATION_ERROR_ASSOCIATIONS["s3"]["valid_starting_values"] = _REGIONAL


def _private_key(key_spec: str) -> AbstractPrivateKey:
    return _unused(key_spec) if key_spec == "SYMMETRIC_DEFAULT" else generate_private_key(key_spec)
