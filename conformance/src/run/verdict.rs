//! From checks to a verdict.

use skatteetaten_client::Error;

use crate::results::{Check, Provenance, Text, Verdict};

/// Why a case ends before its last step.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stop {
    /// A check has failed and the rest makes no sense; the checks say what.
    Done,
    /// Something the case needs did not work.
    Blocked(Text),
    /// What the case needs is not there, and nobody is to blame.
    NotRun(Text),
    /// The tool itself failed.
    Tool(Text),
}

impl Stop {
    /// Blocked by an error of the client, whose text holds no personal data.
    #[must_use]
    pub fn blocked(error: &Error) -> Self {
        Self::Blocked(Text::new(
            format!("Kunne ikke prøves: {error}"),
            format!("Could not be tried: {error}"),
        ))
    }

    /// A failure of the tool.
    #[must_use]
    pub fn tool(what: impl std::fmt::Display) -> Self {
        Self::Tool(Text::new(format!("Verktøyfeil: {what}"), format!("Tool error: {what}")))
    }
}

/// The verdict of a check that does not hold. A rule that nobody has published is the first suspect
/// when the authority's own environment differs from it.
#[must_use]
pub fn of_broken_rule(provenance: Provenance, authority: bool) -> Verdict {
    if authority && provenance != Provenance::Published {
        Verdict::NeedsReview
    } else {
        Verdict::Failed
    }
}

/// The verdict of a case: that of its worst check. A case that recorded no check is a tool error.
#[must_use]
pub fn of_checks(checks: &[Check]) -> (Verdict, Text) {
    for worst in [
        Verdict::ToolError,
        Verdict::Failed,
        Verdict::Blocked,
        Verdict::NeedsReview,
        Verdict::Remark,
    ] {
        let found: Vec<&Check> = checks.iter().filter(|check| check.verdict == worst).collect();
        if let Some(first) = found.first() {
            let others = found.len() - 1;
            let more = |text: &str| {
                if others == 0 {
                    String::new()
                } else {
                    format!(" (+{others} {text})")
                }
            };
            return (
                worst,
                Text::new(
                    format!(
                        "{}: ventet {}; fant {}{}",
                        first.name.nb,
                        first.expected.nb,
                        first.found.nb,
                        more("til")
                    ),
                    format!(
                        "{}: expected {}; found {}{}",
                        first.name.en,
                        first.expected.en,
                        first.found.en,
                        more("more")
                    ),
                ),
            );
        }
    }
    if checks.is_empty() {
        return (
            Verdict::ToolError,
            Text::new("Ingen kontroll ble registrert.", "No check was recorded."),
        );
    }
    let count = checks.len();
    (
        Verdict::Passed,
        if count == 1 {
            Text::new("Kontrollen holdt.", "The check held.")
        } else {
            Text::new(
                format!("Alle {count} kontroller holdt."),
                format!("All {count} checks held."),
            )
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(verdict: Verdict) -> Check {
        Check {
            name: Text::same("x"),
            verdict,
            provenance: Provenance::Published,
            expected: Text::same("1"),
            found: Text::same("2"),
        }
    }

    #[test]
    fn the_worst_check_decides() {
        use Verdict::{Failed, NeedsReview, Passed, Remark, ToolError};
        let verdict = |verdicts: &[Verdict]| of_checks(&verdicts.iter().copied().map(check).collect::<Vec<_>>()).0;
        assert_eq!(verdict(&[]), ToolError);
        assert_eq!(verdict(&[Passed, Passed]), Passed);
        assert_eq!(verdict(&[Passed, Remark]), Remark);
        assert_eq!(verdict(&[Remark, NeedsReview]), NeedsReview);
        assert_eq!(verdict(&[NeedsReview, Failed, Passed]), Failed);
    }

    #[test]
    fn a_doubtful_rule_never_fails_the_authority() {
        for provenance in [Provenance::Reconstructed, Provenance::Inferred] {
            assert_eq!(of_broken_rule(provenance, true), Verdict::NeedsReview);
            assert_eq!(of_broken_rule(provenance, false), Verdict::Failed);
        }
        assert_eq!(of_broken_rule(Provenance::Published, true), Verdict::Failed);
    }
}
