"""Requests and their acknowledgements: who may, who did, when it counts. Not how a run is carried out."""
