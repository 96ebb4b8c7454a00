"""Rules that are nothing but a table: a drug, what is the case, and the card."""
