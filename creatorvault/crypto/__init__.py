"""The only app that sees keys: envelopes, vault keys and the root keys that wrap them. See docs/encryption.md."""
