//! What every command that writes an evidence pack is told about it.

use std::{net::SocketAddr, path::PathBuf};

use super::Failure;
use crate::{
    evidence::SigningKey,
    results::{Attestation, Deviation},
    run::{Suite, read_attestations, read_deviations},
    tls::files,
};

/// Options about the pack.
#[derive(Debug, clap::Args)]
pub(super) struct PackArgs {
    /// Known errors and deficiencies (TOML; `plan --templates` makes an empty one).
    #[arg(long, value_name = "F")]
    deviations: Option<PathBuf>,
    /// The vendor's statements (TOML; `plan --templates` makes an empty one).
    #[arg(long, value_name = "F")]
    attestations: Option<PathBuf>,
    /// Sign the pack with this key (PEM or JWK).
    #[arg(long, value_name = "KEY")]
    sign: Option<PathBuf>,
    /// Receives one folder for each run.
    #[arg(long, value_name = "DIR", default_value = "conformance-results")]
    pub(super) out: PathBuf,
    /// Write the pack as one file too.
    #[arg(long)]
    pub(super) zip: bool,
    /// Who runs it, as the pack should name them.
    #[arg(long, value_name = "TEXT")]
    pub(super) operator: Option<String>,
}

/// What the files hold that the options name.
pub(super) struct Given {
    pub(super) deviations: Vec<Deviation>,
    pub(super) attestations: Vec<Attestation>,
    pub(super) signing_key: Option<SigningKey>,
}

impl PackArgs {
    /// Reads the files, before anything runs, so that a wrong name or entry is noticed now.
    ///
    /// # Errors
    /// Usage: a file cannot be read, or says something that is not understood.
    pub(super) fn read(&self, suite: &Suite) -> Result<Given, Failure> {
        let catalogue = suite.catalogue();
        let deviations = match &self.deviations {
            Some(path) => read_deviations(path, catalogue).map_err(Failure::usage)?,
            None => Vec::new(),
        };
        let attestations = match &self.attestations {
            Some(path) => read_attestations(path, catalogue).map_err(Failure::usage)?,
            None => Vec::new(),
        };
        let signing_key = match &self.sign {
            Some(path) => {
                let text = std::fs::read_to_string(path).map_err(|error| {
                    Failure::usage(format!("the signing key {} cannot be read: {error}", path.display()))
                })?;
                Some(SigningKey::from_text(&text).map_err(Failure::usage)?)
            }
            None => None,
        };
        Ok(Given {
            deviations,
            attestations,
            signing_key,
        })
    }
}

/// Options of a session with the vendor's own system, whatever stands on the other side of it.
#[derive(Debug, clap::Args)]
pub(super) struct SessionArgs {
    /// Address and port to listen on; port 0 takes a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub(super) listen: SocketAddr,
    /// Listen with TLS, with the test authority that this folder keeps; it is made when it is not
    /// there. The system has to trust its test-ca.pem, or test-ca.p12.
    #[arg(long, value_name = "DIR")]
    pub(super) tls: Option<PathBuf>,
    /// The system's own logs of the session: files or folders, read when the session ends. May be
    /// repeated.
    #[arg(long, value_name = "PATH")]
    client_logs: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) pack: PackArgs,
    /// Print one line of JSON with the addresses once it serves.
    #[arg(long)]
    pub(super) json: bool,
}

impl SessionArgs {
    /// The vendor's logs, which are read when the session ends.
    ///
    /// # Errors
    /// Usage: one is not there.
    pub(super) fn client_logs(&self) -> Result<Vec<PathBuf>, Failure> {
        for path in &self.client_logs {
            if !path.exists() {
                return Err(Failure::usage(format!(
                    "--client-logs {}: there is no such file or folder; make it before the session, so that a wrong name is noticed now",
                    path.display()
                )));
            }
        }
        Ok(self.client_logs.clone())
    }

    /// What the system has to trust, where it is called with TLS.
    pub(super) fn trust(&self) -> Option<PathBuf> {
        self.tls.as_ref().map(|folder| folder.join(files::CERTIFICATE))
    }
}
