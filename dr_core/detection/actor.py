"""Who detection is: nobody in person, so that its proposals exclude nobody from approving them."""

from dr_core.approvals.model import Actor, Face

DETECTION = Actor(person="detection", display="Detection", face=Face.DETECTION)
