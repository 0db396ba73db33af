"""E-mail: letters in over IMAP, read under limits; answers out over SMTP, step by step."""
