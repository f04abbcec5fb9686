"""Real processes, and what happens to real ones: killed, starved of disk, cut off, at a wrong hour (docs/sync.md)."""
