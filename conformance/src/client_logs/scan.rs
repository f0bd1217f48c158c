//! One log, line by line.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    redaction::{Hits, Redactor, Rule},
    results::Class,
    synthetic::Guard,
};

/// What was found in a log, and what is left of it.
pub(super) struct Found {
    pub(super) text: String,
    pub(super) hits: Hits,
    /// Lines, from 1.
    pub(super) secrets: Vec<usize>,
    /// Lines, from 1.
    pub(super) could_be_real: Vec<usize>,
}

const SECRETS: [Rule; 3] = [Rule::Jwt, Rule::Secret, Rule::Cookie];

pub(super) fn scan(text: &str, redactor: &Redactor, guard: &Guard, known: &BTreeSet<String>) -> Found {
    let mut found = Found {
        text: String::with_capacity(text.len()),
        hits: Hits::new(),
        secrets: Vec::new(),
        could_be_real: Vec::new(),
    };
    let mut line_number = 0;
    // A key in PEM runs over several lines, and is one thing.
    for part in blocks(text) {
        let first = line_number + 1;
        line_number += part.matches('\n').count();
        let (content, end) = match part.strip_suffix('\n') {
            Some(content) => (content, "\n"),
            None => (part, ""),
        };
        if numbers(content).any(|run| guard.classify("", &run) == Some(Class::CouldBeReal)) {
            found.could_be_real.push(first);
        }
        let mut hits = Hits::new();
        let mut plain = content.to_owned();
        let mut secret = false;
        for value in known.iter().filter(|value| content.contains(value.as_str())) {
            // Identity numbers were on the wire too, and have rules of their own.
            if !value.bytes().all(|byte| byte.is_ascii_digit()) {
                plain = plain.replace(value.as_str(), "[secret-0]");
                *hits.entry(Rule::Secret.name()).or_default() += 1;
                secret = true;
            }
        }
        let redacted = match serde_json::from_str::<Value>(&plain) {
            Ok(value @ (Value::Object(_) | Value::Array(_))) => redactor.json(&value, &mut hits).to_string(),
            _ => redactor.text(&plain, &mut hits),
        };
        secret |= SECRETS.iter().any(|rule| hits.contains_key(rule.name()));
        if secret {
            found.secrets.push(first);
        }
        for (rule, count) in hits {
            *found.hits.entry(rule).or_default() += count;
        }
        found.text.push_str(&redacted);
        found.text.push_str(end);
    }
    found
}

/// Lines, with a PEM block in one piece. Each keeps its line end.
fn blocks(text: &str) -> Vec<&str> {
    let mut blocks = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find('\n').map_or(rest.len(), |at| at + 1);
        let begins = rest[..end].contains("-----BEGIN ") && !rest[..end].contains("-----END ");
        let end = if begins {
            match rest.find("-----END ") {
                Some(at) => rest[at..].find('\n').map_or(rest.len(), |more| at + more + 1),
                // Cut off; what follows is taken for a part of it.
                None => rest.len(),
            }
        } else {
            end
        };
        let (block, after) = rest.split_at(end);
        blocks.push(block);
        rest = after;
    }
    blocks
}

/// Runs of exactly eleven digits, also written `ddmmyy nnnnn`.
fn numbers(text: &str) -> impl Iterator<Item = String> {
    let runs: Vec<&str> = text.split(|character: char| !character.is_ascii_digit()).collect();
    let whole = runs.iter().filter(|run| run.len() == 11).map(|run| (*run).to_owned());
    let pairs = runs
        .windows(2)
        .filter(|pair| pair[0].len() == 6 && pair[1].len() == 5)
        .map(|pair| pair.concat());
    whole.chain(pairs).collect::<Vec<_>>().into_iter()
}
