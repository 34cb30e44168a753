"""The schema, as numbered files that are applied in order and never edited afterwards."""
