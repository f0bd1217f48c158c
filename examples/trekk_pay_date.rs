//! What to withhold from each person's pay on one pay date.
//!
//! ```text
//! cargo xtask simulate --json            # prints client_id, kid, private_key, issuer and trekkpaalegg
//! cargo run --example trekk_pay_date -- CLIENT_ID KID KEY_FILE ISSUER TREKKPAALEGG ORGANISATION 2025-10-15
//! ```
//!
//! A person with several orders gets several lines and no sum: an amount per month and a percentage
//! of each payment are different things.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;

use chrono::NaiveDate;
use skatteetaten_client::maskinporten::{Config, KeyId, SigningKey};
use skatteetaten_client::trekkpaalegg::{Decision, Withholding, for_person};
use skatteetaten_client::{Access, Api, Client, Environment};

#[expect(clippy::print_stdout, reason = "an example shows its result")]
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    for line in decisions(&arguments).await? {
        println!("{line}");
    }
    Ok(())
}

/// One line for each order of each person.
pub(crate) async fn decisions(arguments: &[String]) -> Result<Vec<String>, Box<dyn Error>> {
    let [client_id, kid, key_file, issuer, base_url, organisation, pay_date] = arguments else {
        return Err("give CLIENT_ID KID KEY_FILE ISSUER TREKKPAALEGG ORGANISATION PAY_DATE".into());
    };
    let pay_date: NaiveDate = pay_date.parse()?;
    let environment = Environment::custom("example")
        .with_issuer(issuer)?
        .with_base_url(Api::Trekkpaalegg, base_url)?;
    let key = SigningKey::from_text(&fs::read_to_string(key_file)?, Some(KeyId::Kid(kid.clone())))?;
    let client = Client::builder(environment)
        .maskinporten(Config::new(client_id, key))
        .access(Access::system_user(organisation))
        .build()?;

    let page = client.trekkpaalegg().list().await?;
    let persons: BTreeSet<_> = page.orders.iter().map(|order| &order.skyldner).collect();
    let mut lines = Vec::new();
    for (number, person) in persons.into_iter().enumerate() {
        for entry in for_person(&page.orders, person, pay_date) {
            // A number of our own instead of the identity number, which belongs in no log.
            lines.push(format!(
                "person {}, order {}: {}",
                number + 1,
                entry.order.trekkid,
                describe(&entry.decision)
            ));
        }
    }
    if !page.rejected.is_empty() {
        lines.push(format!("{} orders for a person to look at", page.rejected.len()));
    }
    Ok(lines)
}

fn describe(decision: &Decision) -> String {
    let mut text = match &decision.withholding {
        Withholding::AmountPerMonth(amount) => format!("NOK {} this month", amount.normalize()),
        Withholding::PercentageOfPayment(percentage) => format!("{} % of this payment", percentage.normalize()),
        Withholding::Nothing => "nothing".to_owned(),
        Withholding::Contradiction(why) => format!("ask Skatteetaten first: {why:?}"),
    };
    for warning in &decision.warnings {
        text.push_str(&format!(" (look at this: {warning:?})"));
    }
    text
}
