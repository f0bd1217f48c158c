//! What a payroll system does every night: fetches the withholding orders that are new since the
//! last time, and keeps them together with the watermark, so that neither can be ahead of the other.
//!
//! ```text
//! cargo xtask simulate --json            # prints client_id, kid, private_key, issuer and trekkpaalegg
//! cargo run --example trekk_orders -- CLIENT_ID KID KEY_FILE ISSUER TREKKPAALEGG ORGANISATION STATE_FILE
//! ```
//!
//! Run twice, it finds nothing new the second time.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use futures::TryStreamExt as _;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use skatteetaten_client::maskinporten::{Config, KeyId, SigningKey};
use skatteetaten_client::trekkpaalegg::{Page, Watermark};
use skatteetaten_client::{Access, Api, Client, Environment};

/// What is kept between two runs. A database would hold the same, in one transaction per page.
#[derive(Default, Serialize, Deserialize)]
struct State {
    watermark: u64,
    /// The latest version of each order, as it was received. Holds identity numbers: keep it safe.
    orders: BTreeMap<String, Box<RawValue>>,
    /// Records that break the contract, for a person to look at.
    rejected: Vec<Box<RawValue>>,
}

impl State {
    fn read(file: &Path) -> Result<Self, Box<dyn Error>> {
        match fs::read_to_string(file) {
            Ok(text) => Ok(serde_json::from_str(&text)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error.into()),
        }
    }

    fn take(&mut self, page: &Page) -> Result<(), Box<dyn Error>> {
        for order in &page.orders {
            let raw = RawValue::from_string(order.raw_json().to_owned())?;
            self.orders.insert(order.trekkid.clone(), raw);
        }
        for rejected in &page.rejected {
            self.rejected
                .push(RawValue::from_string(rejected.raw_json().to_owned())?);
        }
        self.watermark = page.watermark.get();
        Ok(())
    }

    /// Replaces the file in one step: whatever happens, it holds the state before or after.
    fn write(&self, file: &Path) -> Result<(), Box<dyn Error>> {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        let mut new = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
        new.write_all(&serde_json::to_vec(self)?)?;
        new.as_file().sync_all()?;
        new.persist(file)?;
        Ok(())
    }
}

#[expect(clippy::print_stdout, reason = "an example shows its result")]
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    println!("{}", fetch(&arguments).await?);
    Ok(())
}

/// One line about what was new.
pub(crate) async fn fetch(arguments: &[String]) -> Result<String, Box<dyn Error>> {
    let [client_id, kid, key_file, issuer, base_url, organisation, state_file] = arguments else {
        return Err("give CLIENT_ID KID KEY_FILE ISSUER TREKKPAALEGG ORGANISATION STATE_FILE".into());
    };
    let environment = Environment::custom("example")
        .with_issuer(issuer)?
        .with_base_url(Api::Trekkpaalegg, base_url)?;
    let key = SigningKey::from_text(&fs::read_to_string(key_file)?, Some(KeyId::Kid(kid.clone())))?;
    let client = Client::builder(environment)
        .maskinporten(Config::new(client_id, key))
        .access(Access::system_user(organisation))
        .build()?;

    let state_file = Path::new(state_file);
    let mut state = State::read(state_file)?;
    let from = Watermark::new(state.watermark).ok_or("the kept watermark is no sequence number")?;
    let (mut orders, mut rejected) = (0, 0);
    let mut pages = std::pin::pin!(client.trekkpaalegg().changes(from));
    while let Some(page) = pages.try_next().await? {
        // An error further on costs nothing that has been written here.
        state.take(&page)?;
        state.write(state_file)?;
        orders += page.orders.len();
        rejected += page.rejected.len();
    }
    Ok(format!(
        "{orders} new orders, {rejected} that break the contract, watermark {}",
        state.watermark
    ))
}
