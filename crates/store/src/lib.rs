//! What must not be forgotten: alerts, acknowledgements, messages, changes and audit, in SQLite or PostgreSQL.

#![forbid(unsafe_code)]
