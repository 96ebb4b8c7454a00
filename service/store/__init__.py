"""What is kept: the audit trail, the cards that were issued, and what became of them."""
