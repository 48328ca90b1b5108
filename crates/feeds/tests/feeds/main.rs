//! Feeds end to end, over real sockets on the loopback interface.

mod common;
mod listen;
mod load;
mod play;
mod poll;
mod push;
mod tcp;
mod udp;
