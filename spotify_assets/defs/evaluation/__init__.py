"""Whether recommendations are good, and no worse than those that people see now."""
