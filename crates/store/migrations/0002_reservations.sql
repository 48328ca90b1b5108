-- Reservations as they stand, and every state that each of them has had: who reserved what, when.
-- A version follows the one before it by one, so that no change is written over another.
CREATE TABLE reservations (
    id TEXT NOT NULL PRIMARY KEY,
    party TEXT NOT NULL,
    status TEXT NOT NULL,
    version BIGINT NOT NULL,
    body TEXT NOT NULL,
    changed_ns BIGINT NOT NULL,
    changed_by TEXT NOT NULL
);
CREATE INDEX reservations_by_status ON reservations (status, changed_ns);

CREATE TABLE reservation_changes (
    id BIGINT NOT NULL PRIMARY KEY,
    reservation TEXT NOT NULL,
    version BIGINT NOT NULL,
    time_ns BIGINT NOT NULL,
    by_whom TEXT NOT NULL,
    action TEXT NOT NULL,
    from_status TEXT,
    to_status TEXT NOT NULL,
    party TEXT NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (reservation, version)
);

-- What a message is about besides, and what it is signed with. Messages from before have neither.
ALTER TABLE messages ADD COLUMN reservation TEXT;
ALTER TABLE messages ADD COLUMN signed TEXT;
ALTER TABLE receipts ADD COLUMN signature TEXT;

-- The key that the service signs with: whoever can read this can sign in its name.
CREATE TABLE signing_keys (
    id TEXT NOT NULL PRIMARY KEY,
    created_ns BIGINT NOT NULL,
    public_key TEXT NOT NULL,
    private_key TEXT NOT NULL
);
