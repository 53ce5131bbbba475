"""Certificates, proven by records in the hosted zones of their names; ACM renews them for as long as these stand."""

from aws_cdk import aws_certificatemanager as acm

from infra.hosts import zone_of
from infra.place import Part

_LONGEST_FIRST = 64
"""Of the others each may have 253: https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html"""


def certificate(part: Part, hosts: tuple[str, ...]) -> acm.CfnCertificate:
    """One for all of these names, proven by records in their zones; where one is not known, people add the record."""
    place = part.place
    assert place.application is not None
    zones = {host: zone_of(place.config, place.application, host) for host in hosts}
    if unknown := [host for host, zone in zones.items() if zone is None]:
        part.left_to_people(
            f"applications.{place.owner}.traffic",
            f"no hosted zone is named for {' and '.join(unknown)}: while the certificate is made, add the records that "
            "CloudFormation shows in the stack's events",
        )
    first = next((host for host in hosts if len(host) <= _LONGEST_FIRST), hosts[0])
    return acm.CfnCertificate(
        part, "Certificate",
        domain_name=first,
        subject_alternative_names=[host for host in hosts if host != first] or None,
        validation_method="DNS",
        domain_validation_options=None if len(unknown) == len(hosts) else [
            acm.CfnCertificate.DomainValidationOptionProperty(domain_name=host, hosted_zone_id=zone)
            for host, zone in zones.items() if zone is not None
        ],
    )  # fmt: skip
