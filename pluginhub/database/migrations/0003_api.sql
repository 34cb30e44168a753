-- What users make for programs that act for them; only the SHA-256 of a token is here.
CREATE TABLE api_tokens (
  id         TEXT PRIMARY KEY CHECK (length(id) = 32),
  user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  name       TEXT NOT NULL,
  hash       TEXT NOT NULL UNIQUE CHECK (length(hash) = 64),
  scopes     TEXT NOT NULL,                  -- JSON array
  created_at INTEGER NOT NULL,
  expires_at INTEGER                         -- NULL: never
) STRICT;
CREATE INDEX api_tokens_by_user ON api_tokens (user_id);

-- Work that outlives the request that asked for it. source, result, error: JSON.
CREATE TABLE jobs (
  id         TEXT PRIMARY KEY CHECK (length(id) = 32),
  actor_id   TEXT REFERENCES users (id) ON DELETE CASCADE,  -- NULL: the command line
  kind       TEXT NOT NULL,
  source     TEXT NOT NULL,
  state      TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
  attempts   INTEGER NOT NULL DEFAULT 0,
  result     TEXT,
  error      TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX jobs_by_state ON jobs (state);
CREATE INDEX jobs_by_actor ON jobs (actor_id);

-- What was answered to a request with an Idempotency-Key, for whoever sends it again.
CREATE TABLE idempotency_keys (
  actor      TEXT NOT NULL,                  -- id of the user, or 'operator'
  key        TEXT NOT NULL,
  request    TEXT NOT NULL,                  -- SHA-256 of method, address and body
  status     INTEGER,                        -- NULL: not answered yet
  answer     TEXT,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (actor, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_keys_by_time ON idempotency_keys (created_at);

-- What was seen at the source of a plugin, so that nobody has to ask it again too soon.
CREATE TABLE remote_versions (
  source_url    TEXT PRIMARY KEY,
  tag           TEXT,                        -- of the newest release there
  checked_at    INTEGER NOT NULL,
  next_check_at INTEGER NOT NULL,
  failures      INTEGER NOT NULL DEFAULT 0,  -- in a row
  error         TEXT
) STRICT;

-- source_tag: under which tag the bundle was found at its source.
-- approved_at: hooks of a release that is not approved do not run.
ALTER TABLE releases ADD COLUMN source_tag TEXT;
ALTER TABLE releases ADD COLUMN approved_at INTEGER;
ALTER TABLE releases ADD COLUMN approved_by TEXT REFERENCES users (id) ON DELETE SET NULL;
UPDATE releases SET approved_at = published_at, approved_by = published_by;
