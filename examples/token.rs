//! Fetches a token from Maskinporten and says what is in it. The token itself is never shown.
//!
//! ```text
//! cargo xtask simulate --json            # prints client_id, kid, private_key and issuer
//! cargo run --example token -- CLIENT_ID KID KEY_FILE ISSUER [ORGANISATION]
//! ```

use std::error::Error;
use std::fs;

use skatteetaten_client::maskinporten::{Config, KeyId, SigningKey};
use skatteetaten_client::{Access, Api, Client, Environment};

#[expect(clippy::print_stdout, reason = "an example shows its result")]
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let line = describe(&arguments).await?;
    println!("{line}");
    Ok(())
}

/// One line about the token.
pub(crate) async fn describe(arguments: &[String]) -> Result<String, Box<dyn Error>> {
    let [client_id, kid, key_file, issuer, organisation @ ..] = arguments else {
        return Err("give CLIENT_ID KID KEY_FILE ISSUER, and an organisation number for a system user".into());
    };
    let key = SigningKey::from_text(&fs::read_to_string(key_file)?, Some(KeyId::Kid(kid.clone())))?;
    let access = match organisation.first() {
        Some(number) => Access::system_user(number),
        None => Access::OwnOrganisation,
    };
    let client = Client::builder(Environment::custom("example").with_issuer(issuer)?)
        .maskinporten(Config::new(client_id, key))
        .access(access)
        .build()?;

    let token = client.token(Api::Trekkpaalegg).await?;
    let consumer = token.claims.as_ref().and_then(|claims| claims.pointer("/consumer/ID"));
    Ok(format!(
        "token for {} valid for {} s, consumer {}",
        token.scopes.join(" "),
        token.expires_in.as_secs(),
        consumer.and_then(|id| id.as_str()).unwrap_or("not said"),
    ))
}
