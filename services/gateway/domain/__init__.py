"""The gateway's rules without I/O: error replies, overload, placeholders, and outcomes in OpenAI's shapes."""
