-- contract: by which conventions the hooks of a release are called; NULL: it has none.
-- application: columns of the application's plugin row that an existing package declares of itself.
-- other_versions: where the package says another version of itself than its manifest does.
ALTER TABLE releases ADD COLUMN contract TEXT CHECK (contract IN ('pluginhub', 'braindrive'));
ALTER TABLE releases ADD COLUMN application TEXT NOT NULL DEFAULT '{}';
ALTER TABLE releases ADD COLUMN other_versions TEXT NOT NULL DEFAULT '{}';
ALTER TABLE releases ADD COLUMN requires_host TEXT;            -- a range; NULL: any
ALTER TABLE releases ADD COLUMN yanked_at INTEGER;             -- nobody new gets it
ALTER TABLE releases ADD COLUMN yank_reason TEXT;

-- What a release asks of the user's other plugins.
CREATE TABLE requirements (
  release_id INTEGER NOT NULL REFERENCES releases (id) ON DELETE CASCADE,
  kind       TEXT NOT NULL CHECK (kind IN ('dependency', 'conflict')),
  slug       TEXT NOT NULL COLLATE NOCASE,
  range      TEXT NOT NULL,
  PRIMARY KEY (release_id, kind, slug)
) STRICT, WITHOUT ROWID;

-- A slug that stands twice, in different case, is kept once.
INSERT OR IGNORE INTO requirements (release_id, kind, slug, range)
  SELECT releases.id, 'dependency', j.key, j.value
  FROM releases, json_each(manifest, '$.dependencies') AS j
  UNION ALL
  SELECT releases.id, 'conflict', j.key, j.value
  FROM releases, json_each(manifest, '$.conflicts') AS j;
UPDATE releases SET
  contract = (SELECT 'pluginhub' FROM release_files AS f
    WHERE f.release_id = releases.id AND f.path = json_extract(manifest, '$.hooks')),
  requires_host = json_extract(manifest, '$.requires.host'),
  manifest = json_remove(manifest, '$.dependencies', '$.conflicts', '$.requires');

-- pin: a range that updates stay within. as_dependency: it came along for another plugin.
-- previous_config: what the user had set when they left previous_release_id.
ALTER TABLE installations ADD COLUMN pin TEXT;
ALTER TABLE installations ADD COLUMN channel TEXT NOT NULL DEFAULT 'stable'
  CHECK (channel IN ('stable', 'prerelease'));
ALTER TABLE installations ADD COLUMN as_dependency INTEGER NOT NULL DEFAULT 0
  CHECK (as_dependency IN (0, 1));
ALTER TABLE installations ADD COLUMN previous_config TEXT;

-- What of attributes a hook of the release wrote; the rest is the user's.
ALTER TABLE installation_modules ADD COLUMN written TEXT NOT NULL DEFAULT '{}';

-- user_id, user_name: whose account or installation. result: done, or the code of the error.
ALTER TABLE audit ADD COLUMN user_id TEXT;
ALTER TABLE audit ADD COLUMN user_name TEXT COLLATE NOCASE;
ALTER TABLE audit ADD COLUMN slug TEXT COLLATE NOCASE;
ALTER TABLE audit ADD COLUMN result TEXT NOT NULL DEFAULT 'done';
UPDATE audit SET
  user_id = json_extract(details, '$.user_id'),
  user_name = (SELECT name FROM users WHERE id = json_extract(details, '$.user_id')),
  details = json_remove(details, '$.user_id');
UPDATE audit SET slug = substr(target, 1, instr(target || '@', '@') - 1)
  WHERE action IN ('publish', 'install', 'update', 'uninstall', 'enable', 'disable');
CREATE INDEX audit_by_installation ON audit (user_id, slug, id);

CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
  BEGIN SELECT raise(ABORT, 'the audit is never changed'); END;
CREATE TRIGGER audit_is_never_shortened BEFORE DELETE ON audit
  BEGIN SELECT raise(ABORT, 'the audit is never shortened'); END;
