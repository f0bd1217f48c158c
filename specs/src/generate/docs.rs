//! Doc comments: the description as its author wrote it, and nothing that rustdoc would run.

use syn::{Attribute, Expr, ExprLit, Lit, Meta, parse_quote};

/// Joins the doc attributes and cleans their text.
pub(super) fn polish(attributes: &mut Vec<Attribute>) {
    let lines: Vec<String> = attributes.iter().filter_map(text).collect();
    if lines.is_empty() {
        return;
    }
    attributes.retain(|attribute| !attribute.path().is_ident("doc"));
    let text = plain(&lines.join("\n"));
    if !text.is_empty() {
        attributes.insert(0, parse_quote! { #[doc = #text] });
    }
}

fn text(attribute: &Attribute) -> Option<String> {
    match &attribute.meta {
        Meta::NameValue(meta) if meta.path.is_ident("doc") => match &meta.value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text), ..
            }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

/// Without the schema that typify appends, and without code that rustdoc would try to compile.
pub(super) fn plain(text: &str) -> String {
    let mut out: Vec<String> = Vec::new();
    let (mut details, mut fence) = (false, false);
    for line in text.lines() {
        if line.trim_start().starts_with("<details><summary>JSON schema") {
            details = true;
        }
        if !details {
            let trimmed = line.trim_start();
            let indent = (line.len() - trimmed.len()).min(3);
            let mut clean = format!("{}{}", " ".repeat(indent), trimmed.trim_end());
            if trimmed.starts_with("```") || trimmed.starts_with("~~~") {
                if !fence {
                    clean = "```text".to_owned();
                } else {
                    clean = "```".to_owned();
                }
                fence = !fence;
            }
            out.push(clean);
        }
        if details && line.trim_end().ends_with("</details>") {
            details = false;
        }
    }
    if fence {
        out.push("```".to_owned());
    }
    let joined = out.join("\n");
    let joined = joined.trim();
    // rustdoc takes the attribute's text as it is; a space makes it look like a comment.
    if joined.is_empty() {
        String::new()
    } else {
        format!(" {}", joined.replace('\n', "\n "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_text_and_the_schema_goes() {
        let text = plain(
            "A day.\n\n        indented\n```\nlet x;\n\n<details><summary>JSON schema</summary>\n\n{}\n</details>",
        );
        assert_eq!(text, " A day.\n \n    indented\n ```text\n let x;\n \n ```");
    }
}
