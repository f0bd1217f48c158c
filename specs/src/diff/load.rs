//! Reads what is to be compared: a document, its text for line numbers, and the documents it
//! refers to, which only the caller can fetch.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use super::position::{self, Position};
use crate::document::{Document, DocumentError};

/// A document to compare.
#[derive(Debug, Clone)]
pub struct Source {
    document: Document,
    text: Option<Vec<u8>>,
    file: Option<String>,
    attached: Vec<(String, Value)>,
    links: HashMap<(usize, String), usize>,
}

impl Source {
    /// Reads OpenAPI 3.0.x, or 3.1.x as far as it shares its words with 3.0, from JSON or YAML.
    /// `name` is what messages call it.
    ///
    /// # Errors
    /// [`DocumentError`] when the text is neither, or another version.
    pub fn parse(name: impl Into<String>, bytes: &[u8]) -> Result<Self, DocumentError> {
        let document = match Document::parse(name, bytes) {
            Err(DocumentError::Newer { name, version }) if version == "3.1" || version.starts_with("3.1.") => {
                Document::parse_any_version(name, bytes)?
            }
            other => other?,
        };
        Ok(Self {
            text: Some(bytes.to_vec()),
            ..Self::from_document(document)
        })
    }

    /// A document that is already parsed; findings then have pointers but no line numbers.
    #[must_use]
    pub fn from_document(document: Document) -> Self {
        Self {
            document,
            text: None,
            file: None,
            attached: Vec::new(),
            links: HashMap::new(),
        }
    }

    /// Says which file it stands in, for annotations, where that is not its name.
    #[must_use]
    pub fn in_file(mut self, file: impl Into<String>) -> Self {
        self.file = Some(file.into());
        self
    }

    pub(crate) fn file(&self) -> Option<&str> {
        self.file.as_deref()
    }

    /// The document itself.
    #[must_use]
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// The value of `openapi`.
    #[must_use]
    pub fn openapi(&self) -> &str {
        self.document
            .value()
            .get("openapi")
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// Documents that references name and that are not attached yet, each with the tree the
    /// reference stands in (0 is this document) and as written, without the fragment.
    #[must_use]
    pub fn open_references(&self) -> Vec<(usize, String)> {
        let mut open = BTreeSet::new();
        for tree in 0..=self.attached.len() {
            if let Some(root) = self.tree(tree) {
                collect(root, &mut |reference| {
                    let document = reference.split('#').next().unwrap_or_default();
                    let key = (tree, document.to_owned());
                    if !document.is_empty() && !self.links.contains_key(&key) {
                        open.insert(key);
                    }
                });
            }
        }
        open.into_iter().collect()
    }

    /// Attaches the document that `reference`, standing in `tree`, names. A document that is
    /// attached under the same name already is used again.
    pub fn attach(&mut self, tree: usize, reference: &str, name: &str, value: Value) {
        let known = self.attached.iter().position(|(attached, _)| attached == name);
        let index = known.unwrap_or_else(|| {
            self.attached.push((name.to_owned(), value));
            self.attached.len() - 1
        });
        self.links.insert((tree, reference.to_owned()), index + 1);
    }

    /// Name of an attached document, for instance its address.
    #[must_use]
    pub fn tree_name(&self, tree: usize) -> &str {
        tree.checked_sub(1)
            .and_then(|index| self.attached.get(index))
            .map_or_else(|| self.document.name(), |(name, _)| name)
    }

    pub(crate) fn tree(&self, tree: usize) -> Option<&Value> {
        match tree.checked_sub(1) {
            None => Some(self.document.value()),
            Some(index) => self.attached.get(index).map(|(_, value)| value),
        }
    }

    pub(crate) fn referred(&self, tree: usize, document: &str) -> Option<(usize, &Value)> {
        let tree = *self.links.get(&(tree, document.to_owned()))?;
        Some((tree, self.tree(tree)?))
    }

    /// Line and column of each of these JSON pointers, as far as the text is known.
    pub(crate) fn positions(&self, pointers: &BTreeSet<String>) -> BTreeMap<String, Position> {
        self.text
            .as_deref()
            .map(|text| position::find(text, pointers))
            .unwrap_or_default()
    }
}

/// Calls `each` with every `$ref` below a value.
pub(crate) fn collect<'a>(value: &'a Value, each: &mut impl FnMut(&'a str)) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get("$ref") {
                each(reference);
            }
            for (name, member) in members {
                // A value under these is data, whatever it looks like.
                if !matches!(name.as_str(), "example" | "examples" | "default" | "enum") {
                    collect(member, each);
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                collect(item, each);
            }
        }
        _ => {}
    }
}
