"""Orders against allergies: shared by the rules that look at drafts and at the medication list."""
