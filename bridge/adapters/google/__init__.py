"""What all Google adapters share: credentials, one careful HTTP client, the quota, the count of calls."""
