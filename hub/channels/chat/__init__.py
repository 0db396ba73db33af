"""Web chat: visitors of a site write in a widget and read the log directly; nothing is sent after
them.
"""
