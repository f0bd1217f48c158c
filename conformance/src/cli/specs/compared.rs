//! What the diff says of two documents, for the commands that fetch one.

use chrono::Utc;
use skatteetaten_specs::diff::{
    self, Options, Source,
    output::{self, Format, Style},
};

use super::super::Failure;

/// The findings as text for a terminal and as Markdown.
pub(super) fn compare(old: (&str, &[u8]), new: (&str, &[u8])) -> Result<(String, String), Failure> {
    let parse = |(name, bytes): (&str, &[u8])| Source::parse(name, bytes).map_err(Failure::usage);
    let (old, new) = (parse(old)?, parse(new)?);
    let options = Options {
        today: Some(Utc::now().date_naive()),
        ..Options::default()
    };
    let report = diff::diff(&old, &new, &options).map_err(Failure::internal)?;
    let write = |format| output::write(&report, format, &Style::default()).map_err(Failure::internal);
    Ok((write(Format::Text)?, write(Format::Markdown)?))
}
