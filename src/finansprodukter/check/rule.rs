//! The rules that a submission is checked against: data, one source of truth.

use std::{fmt, str::FromStr};

use serde::{Serialize, Serializer};

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth a look; does not stop the submission.
    Remark,
    /// Wrong as far as can be known here; the submission is not sent.
    Error,
}

macro_rules! rules {
    ($($(#[doc = $doc:literal])* $variant:ident, $name:literal, $severity:ident, $remedy:literal;)*) => {
        /// A rule for submissions. Its name, as the command line and JSON write it, is
        /// [`Rule::name`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Rule {
            $($(#[doc = $doc])* $variant,)*
        }

        impl Rule {
            /// Every rule, in the order in which findings of one place are listed.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name, in kebab case.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// How much a finding weighs, unless the rule has been accepted.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity),* }
            }

            /// What to do about a finding.
            #[must_use]
            pub const fn remedy(self) -> &'static str {
                match self { $(Self::$variant => $remedy),* }
            }
        }
    };
}

rules! {
    /// The bytes are not one JSON value in UTF-8 without a byte order mark.
    Syntax, "syntax", Error,
        "correct the program that writes the file; it must be JSON in UTF-8 without a byte order mark";
    /// An object has two members of one name: which one the authority reads is unknown.
    RepeatedName, "repeated-name", Error,
        "write each name once";
    /// The body breaks the schema of the pinned document. If that document is a reconstruction,
    /// it may be the document that is wrong.
    Schema, "schema", Error,
        "correct the value; if you know better than the pinned document, accept this rule";
    /// The body is larger than the API takes.
    Size, "size", Error,
        "divide the reports over several submissions for the same year, each with its own totals \
         (SubmissionBuilder::build_parts does it), or send the whole through the authority's \
         separate file-upload API, which takes XML and has its own scope";
    /// `inntektsaar` is not the year that the caller says it is (GLD_1052 at the authority).
    IncomeYear, "income-year", Error,
        "send the file under its own year, or correct inntektsaar";
    /// `antallOppgaver` is not the number of entries in `oppgave`.
    Count, "count", Error,
        "count the entries of oppgave; sletteoppgave does not count";
    /// A control total is not the exact sum over all reports.
    Total, "total", Error,
        "find out which is wrong, the total or a report, before anything is sent";
    /// A control total is left out although the sum is not zero.
    MissingTotal, "missing-total", Error,
        "state the total";
    /// A control total cannot be computed or read, so it is not known to be right.
    UnreadableTotal, "unreadable-total", Error,
        "write amounts as decimal strings, for instance \"7700\" or \"12.50\"";
    /// `leveransetype` says that there is nothing to report, and there are reports.
    NothingToReport, "nothing-to-report", Error,
        "use leveransetype ordinaer, or leave the reports out";
    /// An ordinary submission without any report or deletion.
    Empty, "empty", Error,
        "use leveransetype ingenOppgaver if there is nothing to report";
    /// An organisation number whose check digit is wrong. A remark only, because the authority's
    /// own published example has such a number.
    OrganisationNumber, "organisation-number", Remark,
        "compare the number with the register: its check digit is wrong";
    /// A national identity number or D number that cannot exist.
    IdentityNumber, "identity-number", Error,
        "correct the number, or leave it out and identify the person by foedselsdato, \
         alternativIdentifikator or internasjonalIdentifikator";
    /// A number that is not provably synthetic, where only synthetic data is allowed.
    NotSynthetic, "not-synthetic", Error,
        "use data from Tenor (month + 80; organisations starting with 2 or 3): real data in a test \
         environment is not allowed";
    /// One owner and account occur in more than one report.
    ReportedTwice, "reported-twice", Remark,
        "check that the later report does not replace the earlier one unintended";
    /// One owner and account are both reported and deleted.
    ReportedAndDeleted, "reported-and-deleted", Remark,
        "decide whether the account is reported or deleted; the order of the two is not documented";
    /// A deletion that names an account but nobody who owns it.
    DeletionWithoutOwner, "deletion-without-owner", Remark,
        "name the owner as in the report that is withdrawn";
}

impl Rule {
    /// Whether the caller may overrule it. Bytes that are no JSON, or too many, cannot be sent.
    #[must_use]
    pub const fn can_be_accepted(self) -> bool {
        !matches!(self, Self::Syntax | Self::Size)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl FromStr for Rule {
    type Err = UnknownRule;

    fn from_str(name: &str) -> Result<Self, UnknownRule> {
        Self::ALL
            .iter()
            .copied()
            .find(|rule| rule.name() == name)
            .ok_or(UnknownRule)
    }
}

/// No rule has this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownRule;

impl std::error::Error for UnknownRule {}

impl fmt::Display for UnknownRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no such rule; the rules are")?;
        for (index, rule) in Rule::ALL.iter().enumerate() {
            write!(f, "{} {rule}", if index == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}
