"""SQL of the ledger: planning, claiming, recording, reports."""
