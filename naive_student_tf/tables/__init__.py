"""The tables of the paper: what it prints, what we count or measure, the status."""
