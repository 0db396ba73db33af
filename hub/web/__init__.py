"""How the hub speaks HTTP: problems, bodies, pages of lists, security headers."""
