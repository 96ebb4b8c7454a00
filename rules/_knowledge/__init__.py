"""What the rules know about drugs: tables of facts with sources, and `Knowledge` to ask them."""

from rules._knowledge.allergens import Allergen
from rules._knowledge.alternatives import Alternative
from rules._knowledge.conflicts import Conflict
from rules._knowledge.drugs import Drug
from rules._knowledge.knowledge import Knowledge

__all__ = ["Allergen", "Alternative", "Conflict", "Drug", "Knowledge"]
