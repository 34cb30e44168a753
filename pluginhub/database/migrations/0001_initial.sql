-- Times are whole seconds since 1970 in UTC.

CREATE TABLE users (
  id            TEXT PRIMARY KEY CHECK (length(id) = 32 AND id NOT GLOB '*[^0-9a-f]*'),
  name          TEXT NOT NULL COLLATE NOCASE UNIQUE,
  email         TEXT COLLATE NOCASE UNIQUE,
  password_hash TEXT,                        -- argon2id; NULL: nobody can sign in with a password
  role          TEXT NOT NULL CHECK (role IN ('admin', 'user')),
  enabled       INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
  created_at    INTEGER NOT NULL,
  updated_at    INTEGER NOT NULL
) STRICT;

-- Only the SHA-256 of a token is here. All tokens that descend from one sign-in share a session.
CREATE TABLE tokens (
  hash       TEXT PRIMARY KEY CHECK (length(hash) = 64),
  user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  kind       TEXT NOT NULL CHECK (kind IN ('access', 'refresh')),
  session    TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at    INTEGER                         -- a refresh token is used once
) STRICT, WITHOUT ROWID;
CREATE INDEX tokens_by_user ON tokens (user_id);
CREATE INDEX tokens_by_session ON tokens (session);

CREATE TABLE plugins (
  slug       TEXT PRIMARY KEY COLLATE NOCASE,
  owner_id   TEXT REFERENCES users (id) ON DELETE SET NULL,  -- who published it first
  created_at INTEGER NOT NULL
) STRICT;

-- manifest holds what pluginhub.json says beside slug, version and modules.
CREATE TABLE releases (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  slug         TEXT NOT NULL COLLATE NOCASE REFERENCES plugins (slug),
  version      TEXT NOT NULL COLLATE NOCASE,
  digest       TEXT NOT NULL CHECK (length(digest) = 64),
  size         INTEGER NOT NULL CHECK (size >= 0),           -- bytes of all files
  manifest     TEXT NOT NULL,
  source_type  TEXT NOT NULL,
  source_url   TEXT NOT NULL,
  published_at INTEGER NOT NULL,
  published_by TEXT REFERENCES users (id) ON DELETE SET NULL,
  UNIQUE (slug, version),
  UNIQUE (slug, id)
) STRICT;

CREATE TABLE release_files (
  release_id INTEGER NOT NULL REFERENCES releases (id) ON DELETE CASCADE,
  path       TEXT NOT NULL,
  size       INTEGER NOT NULL CHECK (size >= 0),             -- bytes
  sha256     TEXT NOT NULL CHECK (length(sha256) = 64),
  media_type TEXT,                                           -- NULL: kept, never served
  PRIMARY KEY (release_id, path)
) STRICT, WITHOUT ROWID;

CREATE TABLE modules (
  release_id        INTEGER NOT NULL REFERENCES releases (id) ON DELETE CASCADE,
  name              TEXT NOT NULL,
  position          INTEGER NOT NULL,                        -- order in the manifest
  display_name      TEXT,
  description       TEXT,
  icon              TEXT,
  category          TEXT,
  priority          INTEGER NOT NULL,
  tags              TEXT NOT NULL,
  props             TEXT NOT NULL,
  config_fields     TEXT NOT NULL,
  required_services TEXT NOT NULL,
  layout            TEXT NOT NULL,
  messages          TEXT NOT NULL,
  dependencies      TEXT NOT NULL,
  PRIMARY KEY (release_id, name)
) STRICT, WITHOUT ROWID;

-- attributes: columns of the application's plugin row that differ for this user (status,
-- an id from an older system, ...); everything else follows from the release.
CREATE TABLE installations (
  id                  TEXT PRIMARY KEY CHECK (length(id) = 32),  -- random; capabilities bind to it
  user_id             TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  slug                TEXT NOT NULL COLLATE NOCASE,
  release_id          INTEGER NOT NULL,
  previous_release_id INTEGER,
  enabled             INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
  config              TEXT NOT NULL DEFAULT '{}',
  attributes          TEXT NOT NULL DEFAULT '{}',
  installed_at        INTEGER NOT NULL,
  updated_at          INTEGER NOT NULL,
  UNIQUE (user_id, slug),
  FOREIGN KEY (slug, release_id) REFERENCES releases (slug, id),
  FOREIGN KEY (slug, previous_release_id) REFERENCES releases (slug, id)
) STRICT;
CREATE INDEX installations_by_release ON installations (release_id);
CREATE INDEX installations_by_previous_release ON installations (previous_release_id);

-- What one user changed of a module; a module without a row is on and as its release declares it.
CREATE TABLE installation_modules (
  installation_id TEXT NOT NULL REFERENCES installations (id) ON DELETE CASCADE,
  name            TEXT NOT NULL,
  enabled         INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
  attributes      TEXT NOT NULL DEFAULT '{}',
  PRIMARY KEY (installation_id, name)
) STRICT, WITHOUT ROWID;

-- A release that an installation was updated away from: open pages may load it for a while.
CREATE TABLE former_releases (
  installation_id TEXT NOT NULL REFERENCES installations (id) ON DELETE CASCADE,
  release_id      INTEGER NOT NULL REFERENCES releases (id),
  left_at         INTEGER NOT NULL,
  PRIMARY KEY (installation_id, release_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX former_releases_by_release ON former_releases (release_id);

-- Rows that a plugin keeps in tables of the application: settings_definitions,
-- settings_instances, pages, plugin_service_runtime.
CREATE TABLE plugin_rows (
  installation_id TEXT NOT NULL REFERENCES installations (id) ON DELETE CASCADE,
  table_name      TEXT NOT NULL CHECK (table_name IN (
                    'settings_definitions', 'settings_instances', 'pages',
                    'plugin_service_runtime')),
  row_id          TEXT NOT NULL,
  content         TEXT NOT NULL,
  PRIMARY KEY (installation_id, table_name, row_id)
) STRICT, WITHOUT ROWID;

-- What plugins store by way of the frontend. plugin_id is whatever the frontend sends.
CREATE TABLE plugin_states (
  id                   TEXT PRIMARY KEY,
  user_id              TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  plugin_id            TEXT NOT NULL,
  page_id              TEXT,
  state_key            TEXT,
  state_data           TEXT NOT NULL,
  state_schema_version TEXT,
  state_strategy       TEXT NOT NULL
                       CHECK (state_strategy IN ('none', 'session', 'persistent', 'custom')),
  compression_type     TEXT CHECK (compression_type = 'gzip'),
  state_size           INTEGER NOT NULL,                     -- bytes
  last_accessed        INTEGER NOT NULL,
  access_count         INTEGER NOT NULL DEFAULT 0,
  ttl_expires_at       INTEGER,
  is_active            INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)),
  version              INTEGER NOT NULL DEFAULT 1,
  device_id            TEXT,
  sync_status          TEXT NOT NULL CHECK (sync_status IN ('synced', 'pending', 'conflict')),
  created_at           INTEGER NOT NULL,
  updated_at           INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX plugin_states_by_key
  ON plugin_states (user_id, plugin_id, coalesce(page_id, ''), coalesce(state_key, ''));

-- Who did what to what. Names are copied, so that an entry outlives what it speaks of.
CREATE TABLE audit (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  at         INTEGER NOT NULL,
  actor_id   TEXT,                           -- NULL: the command line on the server's machine
  actor_name TEXT NOT NULL,
  address    TEXT,
  action     TEXT NOT NULL,
  target     TEXT NOT NULL,
  details    TEXT NOT NULL DEFAULT '{}'
) STRICT;
CREATE INDEX audit_by_time ON audit (at);
