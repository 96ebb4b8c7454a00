"""Who calls: the client's JWT, the keys it is checked with, and tokens used before."""
