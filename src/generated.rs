//! Bindings generated at build time from the pinned documents; nothing here is written by hand.
