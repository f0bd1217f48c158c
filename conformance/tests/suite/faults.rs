//! Every case can fail.
