"""WHO: the verbs on users, and what they sign in with."""
