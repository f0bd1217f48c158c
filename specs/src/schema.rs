//! OpenAPI 3.0 schemas as JSON Schema 2020-12, and checking values against them.
//!
//! OpenAPI 3.0 has its own dialect: `nullable`, boolean `exclusiveMinimum`, `$ref` whose siblings
//! are ignored, and keywords that only describe. [`Validator`] translates, then lets the
//! `jsonschema` crate judge, formats included. References outside the document are never followed.

use jsonschema::Draft;
use serde_json::{Map, Value, json};

use crate::document::Document;

/// Checks JSON values against one schema of a document.
#[derive(Debug)]
pub struct Validator {
    inner: jsonschema::Validator,
}

/// One way in which a value breaks its schema. Holds no part of the value itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// JSON pointer to the offending place in the value; empty for the whole.
    pub pointer: String,
    /// The keyword that failed, for instance `required` or `pattern`.
    pub keyword: String,
    /// What was expected, in English, with values masked.
    pub message: String,
}

impl Validator {
    /// A validator for the schema that `pointer` names, for instance
    /// `/components/schemas/Trekkpaalegg` or the schema of a media type.
    ///
    /// # Errors
    /// [`SchemaError`] when nothing stands there or it is no usable schema.
    pub fn new(document: &Document, pointer: &str) -> Result<Self, SchemaError> {
        let fail = |problem: String| SchemaError {
            document: document.name().to_owned(),
            pointer: pointer.to_owned(),
            problem,
        };
        let target = document
            .value()
            .pointer(pointer)
            .ok_or_else(|| fail("nothing stands there".to_owned()))?;
        let mut root = match to_json_schema(target) {
            Value::Object(object) => object,
            other => json!({ "allOf": [other] }).as_object().cloned().unwrap_or_default(),
        };
        let mut definitions = Map::new();
        if let Some(components) = document
            .value()
            .pointer("/components/schemas")
            .and_then(Value::as_object)
        {
            for (name, schema) in components {
                definitions.insert(name.clone(), to_json_schema(schema));
            }
        }
        root.insert("$defs".to_owned(), Value::Object(definitions));
        root.insert(
            "$schema".to_owned(),
            json!("https://json-schema.org/draft/2020-12/schema"),
        );
        let inner = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .should_validate_formats(true)
            .should_ignore_unknown_formats(true)
            .offline()
            .build(&Value::Object(root))
            .map_err(|error| fail(error.masked().to_string()))?;
        Ok(Self { inner })
    }

    /// Every violation, sorted by pointer; empty when the value fits.
    #[must_use]
    pub fn validate(&self, value: &Value) -> Vec<Violation> {
        let mut violations: Vec<_> = self
            .inner
            .iter_errors(value)
            .map(|error| Violation {
                pointer: error.instance_path().to_string(),
                keyword: error.kind().keyword().to_owned(),
                message: error.masked().to_string(),
            })
            .collect();
        violations.sort();
        violations.dedup();
        violations
    }

    /// Whether the value fits; faster than [`Self::validate`].
    #[must_use]
    pub fn is_valid(&self, value: &Value) -> bool {
        self.inner.is_valid(value)
    }
}

/// A schema that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{document}: the schema at {pointer} cannot be used: {problem}")]
#[non_exhaustive]
pub struct SchemaError {
    /// The document.
    pub document: String,
    /// JSON pointer to the schema.
    pub pointer: String,
    /// What is wrong.
    pub problem: String,
}

/// Translates one OpenAPI 3.0 schema into JSON Schema 2020-12. References to
/// `#/components/schemas/X` become `#/$defs/X`.
#[must_use]
pub fn to_json_schema(schema: &Value) -> Value {
    let Some(source) = schema.as_object() else {
        return schema.clone();
    };
    if let Some(reference) = source.get("$ref").and_then(Value::as_str) {
        // Siblings of `$ref` are ignored in OpenAPI 3.0.
        let target = reference.replacen("#/components/schemas/", "#/$defs/", 1);
        return json!({ "$ref": target });
    }
    let mut out = Map::new();
    for (keyword, value) in source {
        match keyword.as_str() {
            "properties" | "patternProperties" => {
                let translated = value.as_object().map(|properties| {
                    properties
                        .iter()
                        .map(|(name, schema)| (name.clone(), to_json_schema(schema)))
                        .collect()
                });
                out.insert(keyword.clone(), Value::Object(translated.unwrap_or_default()));
            }
            "items" | "additionalProperties" | "not" => {
                out.insert(keyword.clone(), to_json_schema(value));
            }
            "allOf" | "anyOf" | "oneOf" => {
                let branches = value.as_array().into_iter().flatten().map(to_json_schema).collect();
                out.insert(keyword.clone(), Value::Array(branches));
            }
            "minimum" | "maximum" => {
                let exclusive = if keyword == "minimum" {
                    "exclusiveMinimum"
                } else {
                    "exclusiveMaximum"
                };
                let is_exclusive = source.get(exclusive) == Some(&Value::Bool(true));
                out.insert(if is_exclusive { exclusive } else { keyword }.to_owned(), value.clone());
            }
            "type" | "enum" | "required" | "format" | "pattern" | "minLength" | "maxLength" | "minItems"
            | "maxItems" | "uniqueItems" | "minProperties" | "maxProperties" | "multipleOf" | "title"
            | "description" => {
                out.insert(keyword.clone(), value.clone());
            }
            // `nullable` is handled below; the rest describes and does not constrain.
            _ => {}
        }
    }
    if source.get("nullable") == Some(&Value::Bool(true)) && source.contains_key("type") {
        return json!({ "anyOf": [Value::Object(out), { "type": "null" }] });
    }
    Value::Object(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(schema: Value, good: &[Value], bad: &[Value]) {
        let document = Document::from_value("test", json!({ "components": { "schemas": { "T": schema } } }));
        let validator = Validator::new(&document, "/components/schemas/T").unwrap();
        for value in good {
            assert_eq!(validator.validate(value), [], "{value}");
        }
        for value in bad {
            assert_ne!(validator.validate(value), [], "{value}");
        }
    }

    #[test]
    fn nullable_admits_null_and_only_null() {
        check(
            json!({"type": "string", "nullable": true, "enum": ["a"]}),
            &[json!("a"), json!(null)],
            &[json!("b")],
        );
        check(json!({"type": "string"}), &[json!("a")], &[json!(null)]);
    }

    #[test]
    fn boolean_exclusive_bounds() {
        check(
            json!({"type": "number", "minimum": 0, "exclusiveMinimum": true, "maximum": 5, "exclusiveMaximum": false}),
            &[json!(0.1), json!(5)],
            &[json!(0), json!(5.1)],
        );
    }

    #[test]
    fn formats_are_checked() {
        check(
            json!({"type": "string", "format": "date"}),
            &[json!("2025-02-28")],
            &[json!("2025-02-30")],
        );
    }

    #[test]
    fn messages_hold_no_values() {
        let document = Document::from_value(
            "t",
            json!({"components": {"schemas": {"T": {"type": "string", "maxLength": 3}}}}),
        );
        let validator = Validator::new(&document, "/components/schemas/T").unwrap();
        let violations = validator.validate(&json!("01017012345"));
        assert!(!format!("{violations:?}").contains("01017012345"));
    }
}
