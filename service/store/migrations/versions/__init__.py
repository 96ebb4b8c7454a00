"""One script for each revision, oldest first; each is final once it has been released."""
