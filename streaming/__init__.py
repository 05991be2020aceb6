"""The rule of the log and its four loops: brokers, dead letters, seals, metrics and process life."""
