"""What the applications cost, read from AWS in the background; no run and no request ever waits for it."""
