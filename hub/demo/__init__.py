"""`hub demo`: a shop's service desk on a busy day, with customers who write and agents who answer,
in one process.
"""
