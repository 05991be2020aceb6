"""The APIs of providers: requests, replies and streams, one module for each API."""
