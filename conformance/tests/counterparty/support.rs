//! The reference client with a registration of its own.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
    time::Duration,
};

use skatteetaten_conformance::{
    counterparty::{Assignment, Builder, CommandDriver, Counterparty, Driver, Step, Vendor, Verdicts, Work, steps},
    results::Verdict,
    tls::{Acceptor, TestCa},
};
use tempfile::TempDir;

/// A key pair as a vendor has it: the private part in a file of its own, the public part as JWKS.
pub(crate) struct Keys {
    folder: TempDir,
    authority: TestCa,
}

impl Keys {
    pub(crate) fn get() -> &'static Self {
        static KEYS: OnceLock<Keys> = OnceLock::new();
        KEYS.get_or_init(|| {
            use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
            let folder = tempfile::tempdir().unwrap();
            let key = folder.path().join("key.pem");
            let openssl = |arguments: &[&str]| {
                let output = Command::new("openssl").args(arguments).output().unwrap();
                assert!(output.status.success(), "openssl {arguments:?}");
                String::from_utf8(output.stdout).unwrap()
            };
            let path = key.to_str().unwrap();
            openssl(&["genrsa", "-out", path, "2048"]);
            let modulus = openssl(&["rsa", "-in", path, "-noout", "-modulus"]);
            let digits = modulus.trim().strip_prefix("Modulus=").unwrap();
            let bytes: Vec<u8> = (0..digits.len())
                .step_by(2)
                .map(|place| u8::from_str_radix(&digits[place..place + 2], 16).unwrap())
                .collect();
            let jwks = serde_json::json!({ "keys": [{
                "kty": "RSA", "kid": "vendor-1", "alg": "RS256", "use": "sig",
                "n": URL_SAFE_NO_PAD.encode(bytes), "e": "AQAB",
            }] });
            std::fs::write(folder.path().join("jwks.json"), jwks.to_string()).unwrap();
            let authority = TestCa::open(folder.path()).unwrap();
            Self { folder, authority }
        })
    }

    pub(crate) fn private(&self) -> PathBuf {
        self.folder.path().join("key.pem")
    }

    /// The certificate of the authority that the counterparty's own certificates come from.
    pub(crate) fn authority(&self) -> PathBuf {
        self.folder.path().join("test-ca.pem")
    }

    pub(crate) fn jwks(&self) -> PathBuf {
        self.folder.path().join("jwks.json")
    }
}

/// Windows has it under the shorter name only.
pub(crate) fn python() -> &'static str {
    static NAME: OnceLock<&str> = OnceLock::new();
    NAME.get_or_init(|| {
        let there = |name: &&&str| {
            Command::new(name)
                .arg("--version")
                .output()
                .is_ok_and(|output| output.status.success())
        };
        ["python3", "python"]
            .iter()
            .find(there)
            .expect("python 3 is needed for these tests")
    })
}

pub(crate) fn reference_client() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("reference-clients/python/vendor.py")
}

pub(crate) fn vendor() -> Vendor {
    let mut vendor = Vendor::new("vendor-client")
        .jwks(&Keys::get().jwks())
        .unwrap()
        .customer("310000035", None)
        .customer("310000035", Some("avdeling-2"))
        .customer("310000027", Some("lonn"));
    vendor.system.name = "Reference client".to_owned();
    vendor.system.version = "1".to_owned();
    vendor
}

/// Runs the reference client for each task.
pub(crate) struct Reference {
    command: CommandDriver,
}

impl Reference {
    pub(crate) fn new(mistake: Option<&str>) -> Self {
        let mut words = vec![
            python().to_owned(),
            "-E".to_owned(),
            "-S".to_owned(),
            reference_client().display().to_string(),
        ];
        if let Some(mistake) = mistake {
            words.extend(["--mistake".to_owned(), mistake.to_owned()]);
        }
        let keys = Keys::get();
        let command = CommandDriver::new(words, None)
            .variable("VENDOR_KEY", keys.private())
            .variable("VENDOR_KID", "vendor-1")
            .variable("MASKINPORTEN_CLIENT_ID", "vendor-client")
            .variable("VENDOR_WAIT", "0.01")
            .variable("VENDOR_TIMEOUT", "20")
            .variable("SSL_CERT_FILE", keys.authority());
        Self { command }
    }
}

impl Driver for Reference {
    fn perform(&self, assignment: Assignment) -> Work {
        self.command.perform(assignment)
    }
}

/// Plays the steps that `wanted` chooses, and judges.
pub(crate) async fn play(driver: &dyn Driver, wanted: impl Fn(&Step) -> bool) -> Verdicts {
    play_as(vendor(), driver, wanted).await
}

/// The same with another limit for a task, for a client that never ends one.
pub(crate) async fn play_within(timeout: Duration, driver: &dyn Driver, wanted: impl Fn(&Step) -> bool) -> Verdicts {
    play_on(Counterparty::builder(vendor()).timeout(timeout), driver, wanted).await
}

/// A client that acts for the organisation that owns it.
pub(crate) fn own_vendor() -> Vendor {
    let mut vendor = vendor();
    vendor.system_user = false;
    vendor
}

/// The same for another registration.
pub(crate) async fn play_as(vendor: Vendor, driver: &dyn Driver, wanted: impl Fn(&Step) -> bool) -> Verdicts {
    let acceptor = Acceptor::new(&Keys::get().authority, &["127.0.0.1".to_owned()]).unwrap();
    play_on(Counterparty::builder(vendor).tls(acceptor), driver, wanted).await
}

/// The same without TLS, for steps that need none.
pub(crate) async fn play_in_the_clear(vendor: Vendor, driver: &dyn Driver, wanted: impl Fn(&Step) -> bool) -> Verdicts {
    play_on(Counterparty::builder(vendor), driver, wanted).await
}

async fn play_on(session: Builder, driver: &dyn Driver, wanted: impl Fn(&Step) -> bool) -> Verdicts {
    let counterparty = session.start().await.unwrap();
    for step in steps().unwrap().iter().filter(|step| wanted(step)) {
        counterparty.play(step, driver).await.unwrap();
    }
    let verdicts = counterparty.judge();
    counterparty.stop().await;
    verdicts
}

/// The steps about these cases, and two plain ones. In other steps a mistake has consequences of its own (a client
/// that sends no key never gets to its second attempt), which are right, and say nothing about the case.
pub(crate) fn about(cases: &[&str]) -> impl Fn(&Step) -> bool {
    move |step| {
        let plain = matches!(step.id.as_str(), "pages" | "submit");
        plain || step.cases.iter().any(|case| cases.contains(&case.as_str()))
    }
}

/// How the failed cases differ from the expected ones, with their reasons; `None` when they do not.
pub(crate) fn difference(mistake: &str, expected: &[&str], verdicts: &Verdicts) -> Option<String> {
    let expected: BTreeSet<_> = expected.iter().copied().collect();
    let reasons: Vec<_> = verdicts
        .all()
        .iter()
        .filter(|judgement| judgement.verdict == Verdict::Failed)
        .map(|judgement| format!("{}: {}", judgement.case_id, judgement.reason.en))
        .collect();
    (verdicts.with(Verdict::Failed) != expected)
        .then(|| format!("{mistake}: expected {expected:?}, but\n    {}", reasons.join("\n    ")))
}
