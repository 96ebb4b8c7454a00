"""How much may be sent, how slowly, and how many calls at once: docs/limits.md has the table."""
