"""Cases: what a rule must say about a patient, run against the real service.

A case is a file in a rule's `cases/` folder; `case` says what is in it.
"""
