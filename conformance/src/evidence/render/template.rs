//! The templates: HTML and Markdown, each with its own escaping of every value.

use std::{fmt::Write as _, sync::OnceLock};

use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde_json::Value;

use crate::evidence::EvidenceError;

const TEMPLATES: &[(&str, &str)] = &[
    ("summary.html", include_str!("../../../templates/summary.html")),
    ("macros.html", include_str!("../../../templates/macros.html")),
    ("checklist.html", include_str!("../../../templates/checklist.html")),
    ("style.css", include_str!("../../../templates/style.css")),
    ("summary.md", include_str!("../../../templates/summary.md")),
];

fn environment() -> Result<&'static Environment<'static>, EvidenceError> {
    static ENVIRONMENT: OnceLock<Result<Environment<'static>, String>> = OnceLock::new();
    ENVIRONMENT
        .get_or_init(|| {
            let mut environment = Environment::new();
            // A misspelt name is an error and not a gap in a document.
            environment.set_undefined_behavior(UndefinedBehavior::Strict);
            environment.set_auto_escape_callback(|name| match name.rsplit('.').next() {
                Some("html") => AutoEscape::Html,
                Some("md") => AutoEscape::Custom("markdown".into()),
                _ => AutoEscape::None,
            });
            environment.set_formatter(|out, state, value| match (state.auto_escape(), value.as_str()) {
                (AutoEscape::Custom(_), Some(text)) if !value.is_safe() => markdown(text)
                    .chars()
                    .try_for_each(|character| out.write_char(character).map_err(minijinja::Error::from)),
                (AutoEscape::Custom(_), _) => write!(out, "{value}").map_err(minijinja::Error::from),
                _ => minijinja::escape_formatter(out, state, value),
            });
            for (name, source) in TEMPLATES {
                environment
                    .add_template(name, source)
                    .map_err(|error| format!("{error:#}"))?;
            }
            Ok(environment)
        })
        .as_ref()
        .map_err(|detail| EvidenceError::Render {
            file: "templates".to_owned(),
            detail: detail.clone(),
        })
}

/// Renders one template.
pub(super) fn render(name: &str, view: &Value) -> Result<Vec<u8>, EvidenceError> {
    let failed = |error: minijinja::Error| EvidenceError::Render {
        file: name.to_owned(),
        detail: format!("{error:#}"),
    };
    let text = environment()?
        .get_template(name)
        .and_then(|template| template.render(minijinja::value::Serde(view)))
        .map_err(failed)?;
    Ok(if name.ends_with(".md") {
        tidy(&text)
    } else {
        format!("{}\n", text.trim_end())
    }
    .into_bytes())
}

/// Text as Markdown that shows exactly that text, on one line.
fn markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '~' => {
                escaped.push('\\');
                escaped.push(character);
            }
            '&' => escaped.push_str("&amp;"),
            character if character.is_control() => escaped.push(' '),
            character => escaped.push(character),
        }
    }
    escaped
}

/// At most one empty line in a row, no blanks at line ends.
fn tidy(text: &str) -> String {
    let mut tidy = String::with_capacity(text.len());
    let mut empty = true;
    for line in text.lines().map(str::trim_end) {
        if !(line.is_empty() && empty) {
            tidy.push_str(line);
            tidy.push('\n');
        }
        empty = line.is_empty();
    }
    tidy
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_cannot_become_markup() {
        assert_eq!(markdown("a|b\n# <x> &_*"), "a\\|b \\# \\<x\\> &amp;\\_\\*");
    }

    #[test]
    fn a_name_that_the_view_does_not_have_is_an_error() {
        let error = render("checklist.html", &serde_json::json!({"lang": "nb"})).unwrap_err();
        assert!(error.to_string().contains("undefined"), "{error}");
    }
}
