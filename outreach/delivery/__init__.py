"""The ledger: plan, claim, send, record, resolve. It knows what was sent, and never sends twice."""
