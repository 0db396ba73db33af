"""What every part of the hub speaks: ids, moments, errors, events. No I/O."""
