//! Who asks, and what they may do: API keys, tokens, roles, sessions.

#![forbid(unsafe_code)]
