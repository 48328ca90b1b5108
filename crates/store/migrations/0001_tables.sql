-- One text for SQLite and PostgreSQL: BIGINT, TEXT and DOUBLE PRECISION, and nothing that
-- only one of them knows. Times are nanoseconds since 1970 (UTC). Ids are given by the one
-- task that writes. Notes and changes do not refer to their alert by a foreign key: what a
-- person did is kept even where the alert itself was lost for want of room.

-- How far each writer has come: a commit whose answer was lost is found here, and nothing
-- is written twice.
CREATE TABLE writers (
    token TEXT NOT NULL PRIMARY KEY,
    opened_ns BIGINT NOT NULL,
    applied BIGINT NOT NULL
);

CREATE TABLE runs (
    id TEXT NOT NULL PRIMARY KEY,
    started_ns BIGINT NOT NULL,
    ended_ns BIGINT,
    version TEXT NOT NULL,
    config TEXT NOT NULL
);

CREATE TABLE alerts (
    id TEXT NOT NULL PRIMARY KEY,
    run TEXT NOT NULL,
    number BIGINT NOT NULL,
    state TEXT NOT NULL,
    first_ns BIGINT NOT NULL,
    last_ns BIGINT NOT NULL,
    a_name TEXT NOT NULL,
    b_name TEXT NOT NULL,
    a_operator TEXT,
    b_operator TEXT,
    rule TEXT NOT NULL,
    words TEXT NOT NULL,
    search TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX alerts_by_time ON alerts (first_ns, number, id);
CREATE INDEX alerts_by_end ON alerts (last_ns);
CREATE INDEX alerts_by_state ON alerts (state, first_ns);

CREATE TABLE alert_changes (
    id BIGINT NOT NULL PRIMARY KEY,
    alert TEXT NOT NULL,
    time_ns BIGINT NOT NULL,
    from_state TEXT,
    to_state TEXT NOT NULL,
    reason TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX alert_changes_by_alert ON alert_changes (alert, id);

CREATE TABLE notes (
    id BIGINT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    alert TEXT NOT NULL,
    by_whom TEXT NOT NULL,
    time_ns BIGINT NOT NULL,
    words TEXT NOT NULL
);
CREATE INDEX notes_by_alert ON notes (alert, id);

CREATE TABLE config_changes (
    id BIGINT NOT NULL PRIMARY KEY,
    time_ns BIGINT NOT NULL,
    by_whom TEXT NOT NULL,
    what TEXT NOT NULL,
    was TEXT,
    became TEXT NOT NULL
);

CREATE TABLE messages (
    id TEXT NOT NULL PRIMARY KEY,
    ordinal BIGINT NOT NULL UNIQUE,
    time_ns BIGINT NOT NULL,
    from_party TEXT,
    to_party TEXT,
    alert TEXT,
    words TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX messages_by_sender ON messages (from_party, ordinal);
CREATE INDEX messages_by_receiver ON messages (to_party, ordinal);

CREATE TABLE receipts (
    id BIGINT NOT NULL PRIMARY KEY,
    message TEXT NOT NULL REFERENCES messages (id),
    party TEXT NOT NULL,
    channel TEXT NOT NULL,
    time_ns BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    detail TEXT NOT NULL
);
CREATE INDEX receipts_by_message ON receipts (message, id);

CREATE TABLE api_keys (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    party TEXT,
    hash TEXT NOT NULL UNIQUE,
    created_ns BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    revoked_ns BIGINT,
    revoked_by TEXT
);

CREATE TABLE audit (
    id BIGINT NOT NULL PRIMARY KEY,
    time_ns BIGINT NOT NULL,
    who TEXT NOT NULL,
    role TEXT NOT NULL,
    action TEXT NOT NULL,
    object TEXT NOT NULL,
    from_where TEXT NOT NULL,
    outcome TEXT NOT NULL,
    detail TEXT NOT NULL
);
CREATE INDEX audit_by_who ON audit (who, id);
CREATE INDEX audit_by_time ON audit (time_ns);
