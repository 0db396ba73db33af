"""Where the truth lies: one writer, many readers, the log, and what follows from it."""
