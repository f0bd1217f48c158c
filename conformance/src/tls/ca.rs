//! The authority, and the certificates it makes.

use std::{
    fmt, fs,
    io::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use chrono::{Datelike as _, Days, NaiveDate, Utc};
use p12_keystore::{KeyStore, KeyStoreEntry};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
};
use tempfile::NamedTempFile;

use super::TlsError;

/// Names of the files in which an authority is kept.
pub mod files {
    /// The authority's certificate: what the system under test has to trust.
    pub const CERTIFICATE: &str = "test-ca.pem";
    /// The same as a trust store, password `changeit`.
    pub const TRUST_STORE: &str = "test-ca.p12";
    /// The authority's key. Nobody needs it but this tool.
    pub const KEY: &str = "test-ca.key.pem";
    /// Password of [`TRUST_STORE`]. It guards nothing: the file holds a public certificate only,
    /// and Java wants a password.
    pub const TRUST_STORE_PASSWORD: &str = "changeit";
}

const COMMON_NAME: &str = "skatt-conformance test CA";
const ALIAS: &str = "skatt-conformance-test-ca";

/// A certificate to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(
    clippy::exhaustive_enums,
    reason = "the certificates that a client has to tell apart"
)]
pub enum Certificate {
    /// For the right hosts, in its time, from the test authority.
    Right,
    /// For another host.
    WrongHost,
    /// Its time is over.
    Expired,
    /// From an authority that nobody has been told to trust.
    Untrusted,
}

impl Certificate {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Right, Self::WrongHost, Self::Expired, Self::Untrusted];

    /// Name in output and scenario files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::WrongHost => "wrong-host",
            Self::Expired => "expired",
            Self::Untrusted => "untrusted",
        }
    }
}

/// A certificate authority for tests.
pub struct TestCa {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    der: CertificateDer<'static>,
}

impl fmt::Debug for TestCa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestCa").finish_non_exhaustive()
    }
}

fn make(error: impl fmt::Display) -> TlsError {
    TlsError::Make(error.to_string())
}

/// Sets the time of validity, in days from today. A day of slack on either side keeps clocks of
/// other machines and time zones out of it.
fn valid(params: &mut CertificateParams, from: i64, to: i64) -> Result<(), TlsError> {
    let today = Utc::now().date_naive();
    let date = |days: i64| -> Option<NaiveDate> {
        let distance = Days::new(days.unsigned_abs());
        if days < 0 {
            today.checked_sub_days(distance)
        } else {
            today.checked_add_days(distance)
        }
    };
    let (Some(from), Some(to)) = (date(from), date(to)) else {
        return Err(TlsError::Make("this computer's date is out of range".to_owned()));
    };
    let at = |date: NaiveDate| {
        let (month, day) = (
            u8::try_from(date.month()).unwrap_or(1),
            u8::try_from(date.day()).unwrap_or(1),
        );
        date_time_ymd(date.year(), month, day)
    };
    params.not_before = at(from);
    params.not_after = at(to);
    Ok(())
}

fn authority(name: &str) -> Result<CertificateParams, TlsError> {
    let mut params = CertificateParams::new(Vec::new()).map_err(make)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    valid(&mut params, -1, 3650)?;
    Ok(params)
}

impl TestCa {
    /// A new authority. Its key exists in memory only.
    ///
    /// # Errors
    /// [`TlsError::Make`] when the operating system gives no random numbers.
    pub fn new() -> Result<Self, TlsError> {
        Self::with_key(KeyPair::generate().map_err(make)?, COMMON_NAME)
    }

    fn with_key(key: KeyPair, name: &str) -> Result<Self, TlsError> {
        let params = authority(name)?;
        let certificate = params.self_signed(&key).map_err(make)?;
        Ok(Self {
            pem: certificate.pem(),
            der: certificate.der().clone(),
            issuer: Issuer::new(params, key),
        })
    }

    /// The authority that is kept in a folder; a new one when there is none. What a vendor's
    /// system has been told to trust so stays valid from run to run. The folder then holds the
    /// [`files`].
    ///
    /// # Errors
    /// [`TlsError::File`] when a file cannot be read or written, or only one of key and
    /// certificate is there.
    pub fn open(dir: &Path) -> Result<Self, TlsError> {
        let (certificate, key) = (dir.join(files::CERTIFICATE), dir.join(files::KEY));
        let ca = match (certificate.exists(), key.exists()) {
            (true, true) => Self::read(&certificate, &key)?,
            (false, false) => {
                let ca = Self::new()?;
                fs::create_dir_all(dir).map_err(|error| failed(dir, "cannot be made", &error))?;
                // The key first: without it the certificate would be trusted for nothing.
                write(&key, ca.issuer.key().serialize_pem().as_bytes())?;
                write(&certificate, ca.pem.as_bytes())?;
                ca
            }
            (true, false) => return Err(half(&key, &certificate)),
            (false, true) => return Err(half(&certificate, &key)),
        };
        let store = dir.join(files::TRUST_STORE);
        if !store.exists() {
            write(&store, &ca.pkcs12(files::TRUST_STORE_PASSWORD)?)?;
        }
        Ok(ca)
    }

    fn read(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let read = |path: &Path| fs::read_to_string(path).map_err(|error| failed(path, "cannot be read", &error));
        let unusable = |path: &Path, error: &dyn fmt::Display| TlsError::File {
            path: path.to_owned(),
            problem: format!(
                "is not what was written there ({error}); remove the folder, a new authority is made then"
            ),
        };
        let (pem, key_pem) = (read(certificate)?, read(key)?);
        let block = pem::parse(&pem).map_err(|error| unusable(certificate, &error))?;
        let key_pair = KeyPair::from_pem(&key_pem).map_err(|error| unusable(key, &error))?;
        // Name and key are all that an issuer is known by.
        Ok(Self {
            issuer: Issuer::new(authority(COMMON_NAME)?, key_pair),
            der: CertificateDer::from(block.into_contents()),
            pem,
        })
    }

    /// The authority's certificate, as PEM.
    #[must_use]
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// The authority's certificate as a PKCS#12 trust store, as Java and Windows read it.
    ///
    /// # Errors
    /// [`TlsError::Make`] when it cannot be encoded.
    pub fn pkcs12(&self, password: &str) -> Result<Vec<u8>, TlsError> {
        let certificate = p12_keystore::Certificate::from_der(&self.der).map_err(make)?;
        let mut store = KeyStore::new();
        store.add_entry(ALIAS, KeyStoreEntry::Certificate(certificate));
        store.writer(password).write().map_err(make)
    }

    /// What a server needs to show a certificate for these hosts (names or IP addresses).
    pub(super) fn server(&self, which: Certificate, hosts: &[String]) -> Result<Arc<ServerConfig>, TlsError> {
        let stranger;
        let issuer = if which == Certificate::Untrusted {
            stranger = Self::with_key(KeyPair::generate().map_err(make)?, "nobody's CA")?;
            &stranger.issuer
        } else {
            &self.issuer
        };
        let names = match which {
            Certificate::WrongHost => vec!["another-host.invalid".to_owned()],
            _ => hosts.to_vec(),
        };
        let mut params = CertificateParams::new(names.clone())
            .map_err(|_| TlsError::Host(names.iter().find(|name| !name.is_ascii()).cloned().unwrap_or_default()))?;
        params.distinguished_name = DistinguishedName::new();
        params
            .distinguished_name
            .push(DnType::CommonName, format!("skatt-conformance {}", which.name()));
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        match which {
            Certificate::Expired => valid(&mut params, -60, -30)?,
            // Some systems refuse certificates of much longer life.
            _ => valid(&mut params, -1, 365)?,
        }
        let key = KeyPair::generate().map_err(make)?;
        let certificate = params.signed_by(&key, issuer).map_err(make)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(make)?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone(), self.der.clone()], key)
            .map_err(make)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

fn failed(path: &Path, what: &str, error: &std::io::Error) -> TlsError {
    TlsError::File {
        path: path.to_owned(),
        problem: format!("{what}: {error}"),
    }
}

fn half(missing: &Path, there: &Path) -> TlsError {
    TlsError::File {
        path: PathBuf::from(missing),
        problem: format!(
            "is missing beside {}; put it back, or remove the folder: a new authority is made then",
            there.display()
        ),
    }
}

/// A temporary file is for its owner only on Unix, which is right for the key; the others may be
/// read by whoever has to trust them.
fn write(path: &Path, bytes: &[u8]) -> Result<(), TlsError> {
    let failed = |error: &std::io::Error| failed(path, "cannot be written", error);
    let dir = path.parent().unwrap_or(Path::new("."));
    let mut file = NamedTempFile::new_in(dir).map_err(|error| failed(&error))?;
    file.write_all(bytes).map_err(|error| failed(&error))?;
    #[cfg(unix)]
    if !path.ends_with(files::KEY) {
        use std::os::unix::fs::PermissionsExt as _;
        let everybody = fs::Permissions::from_mode(0o644);
        file.as_file()
            .set_permissions(everybody)
            .map_err(|error| failed(&error))?;
    }
    file.persist(path).map(|_| ()).map_err(|error| failed(&error.error))
}
