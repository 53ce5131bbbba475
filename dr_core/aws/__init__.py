"""The only door to AWS: sessions, clients, translation of faults, words of its CLI. Not what is asked through it."""
