"""What the gateway decides, without input or output: which answer an ending gets, and how it reads in OpenAI's shape."""
