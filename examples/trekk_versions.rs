//! All versions of one order, the earlier ones fetched one by one, and what has changed between
//! them that should not have.
//!
//! ```text
//! cargo xtask simulate --json            # prints client_id, kid, private_key, issuer and trekkpaalegg
//! cargo run --example trekk_versions -- CLIENT_ID KID KEY_FILE ISSUER TREKKPAALEGG ORGANISATION 10006 4
//! ```

use std::error::Error;
use std::fs;

use skatteetaten_client::maskinporten::{Config, KeyId, SigningKey};
use skatteetaten_client::trekkpaalegg::{Fetched, compare_versions};
use skatteetaten_client::{Access, Api, Client, Environment};

#[expect(clippy::print_stdout, reason = "an example shows its result")]
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    for line in history(&arguments).await? {
        println!("{line}");
    }
    Ok(())
}

/// One line for each version, and one for each thing that is odd.
pub(crate) async fn history(arguments: &[String]) -> Result<Vec<String>, Box<dyn Error>> {
    let [
        client_id,
        kid,
        key_file,
        issuer,
        base_url,
        organisation,
        trekkid,
        latest,
    ] = arguments
    else {
        return Err("give CLIENT_ID KID KEY_FILE ISSUER TREKKPAALEGG ORGANISATION TREKKID TREKKVERSJON".into());
    };
    let latest: u32 = latest.parse()?;
    let environment = Environment::custom("example")
        .with_issuer(issuer)?
        .with_base_url(Api::Trekkpaalegg, base_url)?;
    let key = SigningKey::from_text(&fs::read_to_string(key_file)?, Some(KeyId::Kid(kid.clone())))?;
    let client = Client::builder(environment)
        .maskinporten(Config::new(client_id, key))
        .access(Access::system_user(organisation))
        .build()?;

    let orders = client.trekkpaalegg();
    let (mut versions, mut lines) = (Vec::new(), Vec::new());
    for trekkversjon in 1..=latest {
        match orders.get(trekkid, trekkversjon).await {
            Ok(Fetched::Order(order)) => {
                lines.push(format!(
                    "version {trekkversjon}: issued {}, {} periods",
                    order.opprettet.date_naive(),
                    order.trekkstoerrelse_for_periode.len()
                ));
                versions.push(order);
            }
            Ok(Fetched::Rejected(rejected)) => {
                for violation in &rejected.violations {
                    lines.push(format!(
                        "version {trekkversjon}: {} {}",
                        violation.pointer, violation.rule
                    ));
                }
            }
            // Not every version has to exist; anything else ends the program.
            Err(error) if error.status() == Some(404) => {
                lines.push(format!("version {trekkversjon}: there is none"));
            }
            Err(error) => return Err(error.into()),
        }
    }
    lines.extend(compare_versions(&versions).iter().map(|remark| remark.rule.to_string()));
    Ok(lines)
}
