-- What one user did is found without reading what everybody did.
CREATE INDEX audit_by_actor ON audit (actor_id, id);
