//! The client's foundation, seen from outside: on the wire, with a server that says anything.

mod server;

mod attempts;
mod tokens;
