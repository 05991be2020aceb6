"""The configuration file weir.yaml: models, reader, JSON Schema."""
