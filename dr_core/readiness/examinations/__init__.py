"""Examinations, one concern a file: what AWS is asked, and the pure judgement of its answer. Not the runner."""
