//! The same client in a program without an async runtime.
//!
//! ```text
//! cargo xtask simulate --json            # prints client_id, kid, private_key, issuer and trekkpaalegg
//! cargo run --features blocking --example blocking -- CLIENT_ID KID KEY_FILE ISSUER TREKKPAALEGG ORGANISATION
//! ```

use std::error::Error;
use std::fs;

use skatteetaten_client::blocking::Blocking;
use skatteetaten_client::maskinporten::{Config, KeyId, SigningKey};
use skatteetaten_client::{Access, Api, Client, Environment};

#[expect(clippy::print_stdout, reason = "an example shows its result")]
fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    println!("{} withholding orders", count(&arguments)?);
    Ok(())
}

/// How many orders there are.
pub(crate) fn count(arguments: &[String]) -> Result<usize, Box<dyn Error>> {
    let [client_id, kid, key_file, issuer, base_url, organisation] = arguments else {
        return Err("give CLIENT_ID KID KEY_FILE ISSUER TREKKPAALEGG ORGANISATION".into());
    };
    let key = SigningKey::from_text(&fs::read_to_string(key_file)?, Some(KeyId::Kid(kid.clone())))?;
    let environment = Environment::custom("example")
        .with_issuer(issuer)?
        .with_base_url(Api::Trekkpaalegg, base_url)?;
    let client = Client::builder(environment)
        .maskinporten(Config::new(client_id, key))
        .access(Access::system_user(organisation))
        .build()?;

    let blocking = Blocking::new(client)?;
    let page = blocking.run(|client| async move { client.trekkpaalegg().list().await })?;
    Ok(page.orders.len() + page.rejected.len())
}
