//! The suite from outside: catalogue, cases, runs, and that every case can fail.

mod catalogue;
mod faults;
mod runs;
