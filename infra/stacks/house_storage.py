"""The house's own buckets: for the anchors of the audit trail, and for the runbooks of every plan."""

from infra.place import Level, Part, Place
from infra.stacks.bucket import bucket, policy
from infra.stacks.keys import house_key


class HouseStorage(Part):
    """The house's buckets in the region"""

    concern = "house-storage"
    level = Level.HOUSE

    @classmethod
    def wanted(cls, place: Place) -> bool:
        return bool(_anchors(place) or _papers(place))

    def build(self) -> None:
        """Anchors are encrypted with the keys of S3: whoever could delete a key of ours would delete every anchor,
        retention or not. And their tags are then MD5 sums, by which they are compared without being read.
        """
        place, key = self.place, house_key(self.place).key_arn
        anchors = _anchors(place)
        papers = [name for name in _papers(place) if name not in anchors]
        for number, name in enumerate(anchors, 1):
            policy(self, f"Anchors{number}", bucket(self, f"Anchors{number}", name, None, locked=True), name)
        for number, name in enumerate(papers, 1):
            policy(self, f"Papers{number}", bucket(self, f"Papers{number}", name, key), name)


def _anchors(place: Place) -> list[str]:
    named = place.config.topology.audit.anchors
    return list(dict.fromkeys(one.bucket for one in named if one.region == place.region))


def _papers(place: Place) -> list[str]:
    named = place.config.topology.runbook.buckets
    return list(dict.fromkeys(one.bucket for one in named if one.region == place.region))
