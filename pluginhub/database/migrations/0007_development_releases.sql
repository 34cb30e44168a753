-- only_for: the user who tries a release out while somebody writes it; NULL: everybody sees it.
-- Without a reference: what is left of a user who is gone is seen by nobody, and a sweep takes it.
ALTER TABLE releases ADD COLUMN only_for TEXT
  CHECK (length(only_for) = 32 AND only_for NOT GLOB '*[^0-9a-f]*');
CREATE INDEX releases_only_for ON releases (only_for, slug) WHERE only_for IS NOT NULL;

DROP VIEW releases_without_users;
CREATE VIEW releases_without_users AS
SELECT r.id, r.slug, r.version, r.digest, r.size, r.keep, r.only_for FROM releases r
WHERE NOT EXISTS (SELECT 1 FROM installations WHERE release_id = r.id)
  AND NOT EXISTS (SELECT 1 FROM installations WHERE previous_release_id = r.id)
  AND NOT EXISTS (SELECT 1 FROM former_releases WHERE release_id = r.id);
