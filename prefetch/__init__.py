"""Getting the patient's data, and reading it without surprises.

Only the pure parts are exported here: importing `prefetch` must never drag in the network.
"""
