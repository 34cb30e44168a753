-- It stays although nobody has it: an admin said so.
ALTER TABLE releases ADD COLUMN keep INTEGER NOT NULL DEFAULT 0 CHECK (keep IN (0, 1));

-- Nobody has them, can go back to them, or may still load files of them.
CREATE VIEW releases_without_users AS
SELECT r.id, r.slug, r.version, r.digest, r.size, r.keep FROM releases r
WHERE NOT EXISTS (SELECT 1 FROM installations WHERE release_id = r.id)
  AND NOT EXISTS (SELECT 1 FROM installations WHERE previous_release_id = r.id)
  AND NOT EXISTS (SELECT 1 FROM former_releases WHERE release_id = r.id);

-- Releases that sweeps found without anybody who has them, and for how long by now.
CREATE TABLE unused_releases (
  release_id INTEGER PRIMARY KEY REFERENCES releases (id) ON DELETE CASCADE,
  seconds    INTEGER NOT NULL CHECK (seconds >= 0)
) STRICT;

-- Releases that are gone: their version never takes other bytes.
CREATE TABLE tombstones (
  slug       TEXT NOT NULL COLLATE NOCASE REFERENCES plugins (slug) ON DELETE CASCADE,
  version    TEXT NOT NULL,
  digest     TEXT NOT NULL CHECK (length(digest) = 64),
  removed_at INTEGER NOT NULL,
  PRIMARY KEY (slug, version)
) STRICT, WITHOUT ROWID;

-- The last sweep, and the time that it went by.
CREATE TABLE sweeps (
  id   INTEGER PRIMARY KEY CHECK (id = 1),
  time INTEGER NOT NULL
) STRICT;
