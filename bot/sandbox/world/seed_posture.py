"""What stands behind applications in a well-kept account: a trail over all regions, images, keys of databases."""

import hashlib
import json
from typing import Any

from moto.rds.models import rds_backends

from bot.sandbox.world.ground import Ground
from bot.sandbox.world.seeding import Seeding
from dr_core.topology.model import Topology
from dr_core.topology.stores import AuroraGlobal

TRAIL = "organization-trail"
REPOSITORY, TAG = "sandbox/app", "1"


def image_of(account: str, region: str) -> str:
    """The image that every service runs, from its own region's registry."""
    return f"{account}.dkr.ecr.{region}.amazonaws.com/{REPOSITORY}:{TAG}"


class Posture:
    """Seeds an account that passes; whatever should not pass is broken through the API afterwards."""

    def __init__(self, seeds: Seeding, ground: Ground) -> None:
        self._seeds = seeds
        self._account = ground.account

    def seed(self, topology: Topology) -> None:
        """After the stores and services, which it completes."""
        self._trail(topology)
        apps = topology.applications.values()
        run = {r for app in apps if any(e.ecs for e in app.capacity) for r in app.regions}
        run |= {r for app in apps if any(e.ecs_poller for e in app.consumers) for r in app.regions}
        for region in sorted(run):
            self._image(region)
        databases = [app.database.aurora_global for app in apps if app.database and app.database.aurora_global]
        for spec in {spec.global_cluster: spec for spec in databases}.values():
            self._database(spec)

    def _trail(self, topology: Topology) -> None:
        """https://docs.aws.amazon.com/awscloudtrail/latest/userguide/receive-cloudtrail-log-files-from-multiple-regions.html"""
        home = topology.residency.allowed_regions[0]
        with self._seeds.tolerated("trail"):
            s3 = self._seeds.at("s3", home)
            bucket = f"trail-{self._account}"
            where = {} if home == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": home}}
            s3("CreateBucket", Bucket=bucket, **where)
            cloudtrail = self._seeds.at("cloudtrail", home)
            cloudtrail(
                "CreateTrail", Name=TRAIL, S3BucketName=bucket, IsMultiRegionTrail=True, EnableLogFileValidation=True
            )
            cloudtrail("StartLogging", Name=TRAIL)

    def _image(self, region: str) -> None:
        with self._seeds.tolerated("image"):
            ecr = self._seeds.at("ecr", region)
            ecr("CreateRepository", repositoryName=REPOSITORY)
            config = {"mediaType": "application/vnd.oci.image.config.v1+json", "size": 2, "digest": _digest("config")}
            manifest = {
                "schemaVersion": 2,
                "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "config": config,
                "layers": [],
            }
            ecr("PutImage", repositoryName=REPOSITORY, imageManifest=json.dumps(manifest), imageTag=TAG)

    def _database(self, spec: AuroraGlobal) -> None:
        """A multi-Region key under every cluster, and Database Insights, which moto does not know."""
        home, *others = spec.clusters
        with self._seeds.tolerated(f"key of {spec.global_cluster}"):
            kms = self._seeds.at("kms", home)
            key = kms("CreateKey", MultiRegion=True, Description=spec.global_cluster)["KeyMetadata"]["KeyId"]
            for region in others:
                kms("ReplicateKey", KeyId=key, ReplicaRegion=region)
            for region, cluster in spec.clusters.items():
                seen: Any = rds_backends[self._account][region].clusters[cluster.lower()]
                seen.kms_key_id = f"arn:aws:kms:{region}:{self._account}:key/{key}"
                seen.database_insights_mode = "advanced"


def _digest(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
