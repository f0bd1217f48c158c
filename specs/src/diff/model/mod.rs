//! What the comparison sees of a document: places, references and schemas as sets of values.

pub(crate) mod number;
pub(crate) mod pointer;
pub(crate) mod shape;
pub(crate) mod side;
pub(crate) mod types;

pub(crate) use pointer::Pointer;
pub(crate) use shape::{Additional, Group, GroupKind, Shape};
pub(crate) use side::{Loc, Side};
