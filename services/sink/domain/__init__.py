"""Events as rows: pure functions of the record, so that a block that is inserted again has the same rows."""
