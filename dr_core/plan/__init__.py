"""Plans: what would be done, in which order, against which planes. Pure; nothing here calls AWS or the store."""
