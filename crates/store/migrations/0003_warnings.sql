-- Warnings about one aircraft (outside of its plan; coming to another's airspace) as they stand,
-- and every change of them: who was to be warned of what, when. Notes on a warning stand in `notes`
-- under its name, which no alert has.
CREATE TABLE warnings (
    id TEXT NOT NULL PRIMARY KEY,
    run TEXT NOT NULL,
    number BIGINT NOT NULL,
    about TEXT NOT NULL,
    state TEXT NOT NULL,
    worst TEXT NOT NULL,
    first_ns BIGINT NOT NULL,
    last_ns BIGINT NOT NULL,
    aircraft TEXT NOT NULL,
    operator TEXT,
    topic TEXT NOT NULL,
    owner TEXT,
    words TEXT NOT NULL,
    search TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX warnings_by_time ON warnings (first_ns, number, id);
CREATE INDEX warnings_by_end ON warnings (last_ns);
CREATE INDEX warnings_by_state ON warnings (state, first_ns);

CREATE TABLE warning_changes (
    id BIGINT NOT NULL PRIMARY KEY,
    warning TEXT NOT NULL,
    time_ns BIGINT NOT NULL,
    from_state TEXT,
    to_state TEXT NOT NULL,
    reason TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX warning_changes_by_warning ON warning_changes (warning, id);

-- The worst state that an alert has reached; of those from before, as their record has it.
ALTER TABLE alerts ADD COLUMN worst TEXT NOT NULL DEFAULT 'predicted';
UPDATE alerts SET worst = 'imminent' WHERE id IN
    (SELECT alert FROM alert_changes WHERE to_state = 'imminent');
UPDATE alerts SET worst = 'lost' WHERE id IN
    (SELECT alert FROM alert_changes WHERE to_state = 'lost');

-- How far the hot-line has come: how many messages there are and the hash of the newest, signed. One
-- row; it is written with the message itself.
CREATE TABLE message_head (
    id BIGINT NOT NULL PRIMARY KEY,
    count BIGINT NOT NULL,
    hash TEXT NOT NULL,
    time_ns BIGINT NOT NULL,
    signing_key TEXT NOT NULL,
    signature TEXT NOT NULL
);
