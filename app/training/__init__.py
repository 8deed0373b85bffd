"""Training of what the scorer has learnt: the encoder's adapter and the small models (`viva train`)."""
