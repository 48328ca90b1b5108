//! The picture to other systems: one trait; webhook and Cursor on Target.

#![forbid(unsafe_code)]
