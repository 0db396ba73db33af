"""`hub bench`: the product's speed beside the limits of this machine, taken in the same run."""
