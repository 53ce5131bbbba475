"""What holds for every stack: where it may stand, what no role may do, which findings are accepted. Builds nothing."""
