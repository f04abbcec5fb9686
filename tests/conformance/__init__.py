"""Cases that other loyalty systems publish of themselves, in our words and played: `python -m tests.conformance FILE`."""
