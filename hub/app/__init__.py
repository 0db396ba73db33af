"""Everything put together: settings become parts, parts become one ASGI application and its
loops.
"""
