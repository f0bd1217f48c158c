//! What the command prints: one JSON object per line, or a table for a person.

use std::{collections::BTreeMap, fmt::Write as _, io::Write as _};

use serde_json::{json, value::RawValue};
use skatteetaten_client::trekkpaalegg::{Entry, Order, Page, RejectedOrder, Remark, Trekkstatus, Watermark};

use super::super::{Exit, Failure, Ui};

/// Prints orders as they come, and remembers what the exit code needs.
pub(super) struct Output<'ui> {
    ui: &'ui mut Ui,
    ndjson: bool,
    heading: bool,
    orders: usize,
    rejected: usize,
    remarks: BTreeMap<&'static str, (usize, &'static str)>,
    watermark: Option<Watermark>,
}

impl<'ui> Output<'ui> {
    pub(super) fn new(ui: &'ui mut Ui, ndjson: bool) -> Self {
        Self {
            ui,
            ndjson,
            heading: false,
            orders: 0,
            rejected: 0,
            remarks: BTreeMap::new(),
            watermark: None,
        }
    }

    /// Prints a page and lets its readers see it.
    pub(super) fn page(&mut self, page: &Page) -> Result<(), Failure> {
        for entry in page.entries() {
            match entry {
                Entry::Order(order) => self.order(order)?,
                Entry::Rejected(rejected) => self.rejected(rejected)?,
            }
        }
        self.remark(&page.remarks);
        self.watermark = self.watermark.max(Some(page.watermark));
        self.ui.out.flush()?;
        Ok(())
    }

    pub(super) fn order(&mut self, order: &Order) -> Result<(), Failure> {
        self.orders += 1;
        self.remark(order.remarks());
        let line = if self.ndjson {
            let head = json!({
                "ok": true,
                "trekkid": order.trekkid,
                "trekkversjon": order.trekkversjon,
                "sekvensnummer": order.sekvensnummer,
            })
            .to_string();
            let head = head.strip_suffix('}').unwrap_or(&head);
            format!("{head},\"order\":{}}}", one_line(order.raw_json()))
        } else {
            self.heading()?;
            row(
                &order.sekvensnummer.to_string(),
                &printable(&order.trekkid),
                &order.trekkversjon.to_string(),
                match &order.trekkstatus {
                    Trekkstatus::Aktiv => "aktiv",
                    Trekkstatus::Avsluttet => "avsluttet",
                    _ => "(unknown)",
                },
                &order.trekkstoerrelse_for_periode.len().to_string(),
            )
        };
        writeln!(self.ui.out, "{line}")?;
        Ok(())
    }

    pub(super) fn rejected(&mut self, rejected: &RejectedOrder) -> Result<(), Failure> {
        self.rejected += 1;
        if self.ndjson {
            let violations: Vec<_> = rejected
                .violations
                .iter()
                .map(|violation| json!({"pointer": violation.pointer, "rule": violation.rule.id()}))
                .collect();
            let head = json!({
                "ok": false,
                "sekvensnummer": rejected.sekvensnummer,
                "violations": violations,
            })
            .to_string();
            let head = head.strip_suffix('}').unwrap_or(&head);
            writeln!(self.ui.out, "{head},\"raw\":{}}}", one_line(rejected.raw_json()))?;
            return Ok(());
        }
        self.heading()?;
        let number = rejected
            .sekvensnummer
            .map_or_else(|| "-".to_owned(), |number| number.to_string());
        writeln!(self.ui.out, "{}", row(&number, "-", "-", "BREAKS THE CONTRACT", "-"))?;
        for violation in &rejected.violations {
            let place = match &*violation.pointer {
                "" => "the record",
                pointer => pointer,
            };
            writeln!(self.ui.out, "            {}: {}", printable(place), violation.rule)?;
        }
        Ok(())
    }

    /// The last line, and the exit code.
    pub(super) fn finish(mut self) -> Result<Exit, Failure> {
        self.print_watermark()?;
        self.finish_without_watermark()
    }

    /// The exit code, for a command that moves no watermark.
    pub(super) fn finish_without_watermark(mut self) -> Result<Exit, Failure> {
        self.summary()?;
        Ok(if self.rejected > 0 { Exit::Findings } else { Exit::Ok })
    }

    /// Ends after a failure: what was printed before it stays valid.
    pub(super) fn fail(mut self, failure: Failure) -> Result<Exit, Failure> {
        // Nobody is reading any more when the exit code is that of success.
        let Some(watermark) = self.watermark.filter(|_| failure.exit != Exit::Ok) else {
            return Err(failure);
        };
        self.print_watermark()?;
        self.summary()?;
        Err(Failure::new(
            failure.exit,
            format!(
                "{}; what came before is complete: continue with --from {watermark}",
                failure.message
            ),
        ))
    }

    /// Sets the watermark to print, when it is another than the highest of the pages.
    pub(super) fn set_watermark(&mut self, watermark: Watermark) {
        self.watermark = Some(watermark);
    }

    /// The same after a failure: nothing is printed when nothing came before it.
    pub(super) fn correct_watermark(&mut self, watermark: Watermark) {
        self.watermark = self.watermark.map(|_| watermark);
    }

    fn print_watermark(&mut self) -> Result<(), Failure> {
        let watermark = self.watermark.unwrap_or_default();
        if self.ndjson {
            writeln!(self.ui.out, "{}", json!({"watermark": watermark.get()}))?;
        } else {
            writeln!(
                self.ui.out,
                "{} orders, {} break the contract; watermark {watermark}",
                self.orders, self.rejected
            )?;
        }
        self.ui.out.flush()?;
        Ok(())
    }

    /// Remarks are counted, not listed: the published examples alone have three each.
    fn summary(&mut self) -> Result<(), Failure> {
        for (rule, (count, text)) in &self.remarks {
            writeln!(self.ui.err, "remark: {count} x {rule}: {text}")?;
        }
        if self.rejected > 0 {
            writeln!(
                self.ui.err,
                "{} of {} records break the contract and were not interpreted; report them to the authority, and let a person decide what to withhold",
                self.rejected,
                self.rejected + self.orders
            )?;
        }
        Ok(())
    }

    fn remark(&mut self, remarks: &[Remark]) {
        for remark in remarks {
            self.remarks.entry(remark.rule.id()).or_insert((0, remark.rule.en())).0 += 1;
        }
    }

    fn heading(&mut self) -> Result<(), Failure> {
        if !std::mem::replace(&mut self.heading, true) {
            let heading = row("sekvensnr", "trekkid", "versjon", "status", "periods");
            writeln!(self.ui.out, "{heading}")?;
        }
        Ok(())
    }
}

fn row(number: &str, trekkid: &str, version: &str, status: &str, periods: &str) -> String {
    format!("{number:>10}  {trekkid:<36}  {version:>7}  {status:<20}  {periods:>7}")
}

/// Text from outside on one line of a terminal.
fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c })
        .collect()
}

/// A JSON text without the blanks between its values, so that it fits on a line; its numbers
/// and strings stay as they are.
fn one_line(json: &str) -> String {
    if serde_json::from_str::<&RawValue>(json).is_err() {
        // Never seen: every record has been cut out of a JSON text. A line stays a line.
        return json!(json).to_string();
    }
    let mut line = String::with_capacity(json.len());
    let (mut in_string, mut escaped) = (false, false);
    for character in json.chars() {
        if in_string {
            in_string = escaped || character != '"';
            escaped = !escaped && character == '\\';
        } else if matches!(character, ' ' | '\t' | '\r' | '\n') {
            continue;
        } else {
            in_string = character == '"';
        }
        // A write to a string cannot fail.
        let _ = line.write_char(character);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_fits_on_a_line_unchanged() {
        assert_eq!(
            one_line("{ \"a b\" : [ 1.10 ,\r\n\t\"x \\\" \\\\\" , null ] }"),
            "{\"a b\":[1.10,\"x \\\" \\\\\",null]}"
        );
        assert_eq!(one_line("1 2"), "\"1 2\"");
    }

    #[test]
    fn a_terminal_gets_no_control_characters() {
        assert_eq!(printable("a\u{1b}[2Jb\n"), "a\u{fffd}[2Jb\u{fffd}");
    }
}
