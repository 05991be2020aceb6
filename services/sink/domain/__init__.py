"""Events as rows: pure functions of the record, so that a repeated block is the same block."""
