//! The surface of generated bindings: what a caller of the crate can name.
//!
//! Generated code is never committed, so a reviewer would not see what a new document does to it.
//! The surface is a small sorted listing of operations (with parameters, success and error
//! bodies) and types (with fields, optionality, names on the wire and a hash of the
//! documentation), committed as `specs/surface/<module>.txt` and compared in CI. It is read off the
//! generated Rust itself and not off the document, so that it cannot disagree with the bindings.

mod extract;

use std::{collections::BTreeMap, fmt};

pub use extract::SurfaceError;

/// What stands at the head of a listing, after the name of the document.
const HEAD: &str = "surface of the generated bindings; `cargo xtask specs surface` writes it";

/// The listing of one document's bindings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surface {
    name: String,
    items: BTreeMap<String, Vec<String>>,
}

/// One difference between two surfaces.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// What it belongs to: `operation hent_versjon` or `type Trekkpaalegg`.
    pub owner: String,
    /// What was there before; `None` for something new.
    pub old: Option<String>,
    /// What is there now; `None` for something gone.
    pub new: Option<String>,
}

impl Surface {
    /// The surface of generated Rust code; `name` is the document's, for the first line.
    ///
    /// # Errors
    /// [`SurfaceError`] when the code is not Rust, or holds an item the listing cannot express.
    pub fn of_rust(name: impl Into<String>, code: &str) -> Result<Self, SurfaceError> {
        Ok(Self {
            name: name.into(),
            items: extract::items(code)?,
        })
    }

    /// Reads a listing that [`fmt::Display`] wrote.
    ///
    /// # Errors
    /// [`SurfaceError::Listing`] with the number of the line that is none.
    pub fn parse(text: &str) -> Result<Self, SurfaceError> {
        let mut lines = text.lines().enumerate();
        let name = lines
            .next()
            .and_then(|(_, line)| line.strip_prefix("# "))
            .and_then(|line| line.split_once(": "))
            .map(|(name, _)| name.to_owned())
            .ok_or(SurfaceError::Listing { line: 1 })?;
        let mut items: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut owner = None;
        for (index, line) in lines {
            if line.is_empty() {
                continue;
            }
            if let Some(member) = line.strip_prefix("  ") {
                let members = owner.as_ref().and_then(|owner| items.get_mut(owner));
                members
                    .ok_or(SurfaceError::Listing { line: index + 1 })?
                    .push(member.to_owned());
            } else {
                let mut words = line.splitn(3, ' ');
                let (Some(kind), Some(item)) = (words.next(), words.next()) else {
                    return Err(SurfaceError::Listing { line: index + 1 });
                };
                let key = format!("{kind} {item}");
                items.insert(key.clone(), words.next().map(str::to_owned).into_iter().collect());
                owner = Some(key);
            }
        }
        Ok(Self { name, items })
    }

    /// Everything nameable, as `operation …` and `type …`, with its lines.
    pub fn items(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.items
            .iter()
            .map(|(owner, lines)| (owner.as_str(), lines.as_slice()))
    }

    /// What differs from this surface to `new`, sorted by owner. Lines of one owner that start with
    /// the same name are paired, so that a field whose type changed is one change.
    #[must_use]
    pub fn changes(&self, new: &Self) -> Vec<Change> {
        let mut changes = Vec::new();
        let owners: std::collections::BTreeSet<_> = self.items.keys().chain(new.items.keys()).collect();
        for owner in owners {
            let before = self.items.get(owner);
            let after = new.items.get(owner);
            match (before, after) {
                (Some(_), None) => changes.push(Change {
                    owner: owner.clone(),
                    old: Some(owner.clone()),
                    new: None,
                }),
                (None, Some(_)) => changes.push(Change {
                    owner: owner.clone(),
                    old: None,
                    new: Some(owner.clone()),
                }),
                (Some(before), Some(after)) => {
                    let gone = before.iter().filter(|line| !after.contains(line));
                    let mut come: Vec<_> = after.iter().filter(|line| !before.contains(line)).collect();
                    for line in gone {
                        let partner = come.iter().position(|other| member_name(other) == member_name(line));
                        let new = partner.map(|index| come.remove(index).clone());
                        changes.push(Change {
                            owner: owner.clone(),
                            old: Some(line.clone()),
                            new,
                        });
                    }
                    changes.extend(come.into_iter().map(|line| Change {
                        owner: owner.clone(),
                        old: None,
                        new: Some(line.clone()),
                    }));
                }
                (None, None) => {}
            }
        }
        changes
    }
}

/// The name a line is about: `returns`, `error`, or the parameter's, field's or variant's.
fn member_name(line: &str) -> &str {
    let line = line
        .strip_prefix("optional ")
        .or_else(|| line.strip_prefix("required "))
        .unwrap_or(line);
    line.split([':', ' ']).next().unwrap_or(line)
}

impl fmt::Display for Surface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "# {}: {HEAD}", self.name)?;
        for (owner, lines) in &self.items {
            let (head, members) = lines
                .split_first()
                .map_or(("", &[][..]), |(head, rest)| (head.as_str(), rest));
            writeln!(f)?;
            writeln!(f, "{}", format!("{owner} {head}").trim_end())?;
            for member in members {
                writeln!(f, "  {member}")?;
            }
        }
        Ok(())
    }
}
