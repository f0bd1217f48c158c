//! The client's foundation, seen from outside: on the wire, with a server that says anything.

mod rsa;
mod server;

mod any_bytes;
mod attempts;
mod cancellation;
mod codes;
mod examples;
mod keys;
mod limits;
mod many;
mod observing;
mod secrets;
mod tls;
mod tokens;
#[cfg(feature = "blocking")]
mod waiting;
