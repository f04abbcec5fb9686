"""Runs of random faults: the real queue, the real drivers and a virtual printer, with posd's printing killed in the middle."""
