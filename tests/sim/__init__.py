"""The simulator: the real store, sync and head office on disks, networks and clocks that fail, from one seed."""
