"""Who is it, and may they: users, sessions, API keys, rights, limits and the audit log."""
