"""What may be in a text that leaves: plain words, and links and addresses that the evidence has."""
