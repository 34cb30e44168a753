-- Where events are sent. position: the last entry of the audit that is done with.
CREATE TABLE webhooks (
  id         TEXT PRIMARY KEY CHECK (length(id) = 32),  -- random; the secret follows from it
  url        TEXT NOT NULL,
  events     TEXT NOT NULL,                  -- JSON array of types; empty: all
  enabled    INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
  position   INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

-- What was sent last, and what is to be sent again.
CREATE TABLE webhook_deliveries (
  number     INTEGER PRIMARY KEY AUTOINCREMENT,
  id         TEXT NOT NULL UNIQUE,           -- by which a receiver knows a repeat
  webhook_id TEXT NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
  event_id   INTEGER,                        -- NULL: a trial
  type       TEXT NOT NULL,
  attempts   INTEGER NOT NULL,
  at         INTEGER NOT NULL,               -- of the last attempt
  duration   INTEGER NOT NULL,               -- milliseconds
  status     INTEGER,                        -- NULL: there was no answer
  error      TEXT,                           -- NULL: it was taken
  next_at    INTEGER                         -- NULL: there is no further attempt
) STRICT;
CREATE INDEX webhook_deliveries_by_webhook ON webhook_deliveries (webhook_id, number);
