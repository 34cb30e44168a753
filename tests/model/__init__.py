"""Everything that users and admins can do, in any order, held against a model of it."""
