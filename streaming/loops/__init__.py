"""The four loops that services run on: stage, ledger, dispatcher, sink."""
