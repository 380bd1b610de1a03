"""Files of text as records: their dialect, how many there are, and each of them."""
