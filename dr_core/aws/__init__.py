"""The only door to AWS: sessions, clients and translation of faults. Not what is asked through it."""
