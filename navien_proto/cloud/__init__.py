"""The NaviLink cloud over REST, as data: requests to send, answers to read, tokens, signatures."""
