"""Who sees a release: everybody, or of a development release the one user who tries it out."""

# The one rule, as a condition on releases with the id of who looks, or NULL for nobody.
SEEN = "(only_for IS NULL OR only_for = ?)"

SEEN_BY_ALL = "only_for IS NULL"
