"""Operations typed in a terminal: claimed there, proven and carried out by a worker."""
