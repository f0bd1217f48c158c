//! Tests of reading the configuration: files, variables, hosts, keys.

use std::{collections::HashMap, path::Path};

use skatteetaten_client::{Access, Api};

use super::*;

const NONE: &dyn Fn(&str) -> Option<String> = &|_| None;

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(text, None, NONE)
}

fn problem(text: &str) -> String {
    parse(text).unwrap_err().to_string()
}

#[test]
fn the_example_documents_every_key_and_every_variable() {
    let text = include_str!("../../../skatteetaten.example.toml");
    let config = parse(text).unwrap();
    assert_eq!(config.environment().name(), "test");
    // Every line that is commented out with `#key` is a key that is understood.
    let mut everything = String::new();
    for line in text.lines() {
        let uncommented = line.strip_prefix('#').filter(|rest| !rest.starts_with([' ', '#']));
        everything.push_str(uncommented.unwrap_or(line));
        everything.push('\n');
    }
    for alternatives in ["pkcs12 =", "certificate_chain ="] {
        let without: String = everything
            .lines()
            .filter(|line| !line.starts_with(alternatives))
            .map(|line| format!("{line}\n"))
            .collect();
        everything = without;
    }
    parse(&everything).unwrap();
    for variable in variables() {
        assert!(text.contains(variable.name), "{} is not in the example", variable.name);
    }
}

#[test]
fn without_anything_the_test_environment_is_meant() {
    let config = parse("").unwrap();
    assert_eq!(config.environment().name(), "test");
    assert_eq!(config.accesses(), [Access::OwnOrganisation]);
    assert!(config.hosts().used().all(|(_, class)| class == HostClass::Test));
    let error = config.client(None).unwrap_err().to_string();
    assert!(
        error.contains("MASKINPORTEN_CLIENT_ID") && error.contains("maskinporten.client_id"),
        "{error}"
    );
}

#[test]
fn unknown_keys_and_values_are_named_with_their_line() {
    for (text, line, part) in [
        ("environnment = \"test\"", 1, "environnment"),
        ("\n[maskinporten]\nclient = \"x\"", 3, "client"),
        ("[access]\nmodel = \"everything\"", 2, "own-organisation"),
        ("[[access.organisation]]\nnumber = 310000000", 2, "string"),
        ("[hosts", 1, ""),
    ] {
        let error = problem(text);
        assert!(
            error.contains(&format!("line {line}")) && error.contains(part),
            "{error}"
        );
    }
    assert!(problem("environment = \"staging\"").contains("test, production and custom"));
}

#[test]
fn hosts_beyond_the_list_need_a_reason() {
    let other = "environment = \"custom\"\n[hosts]\ntrekkpaalegg = \"https://proxy.example\"\n";
    let error = problem(other);
    assert!(
        error.contains("proxy.example") && error.contains("allow_host"),
        "{error}"
    );
    let allow = |reason: &str| format!("{other}[[allow_host]]\nhost = \"PROXY.example\"\nreason = \"{reason}\"\n");
    assert!(problem(&allow(" ")).contains("reason"));
    let config = parse(&allow("our own gateway")).unwrap();
    assert_eq!(config.hosts().exceptions().count(), 1);
    assert!(!config.hosts().only_loopback());
    assert!(
        problem("environment = \"production\"").contains("never calls")
            || problem("environment = \"production\"").contains("not one of the test hosts")
    );
    for issuer in [
        "https://maskinporten.no/",
        "https://MASKINPORTEN.no./",
        "https://ver2.maskinporten.no/",
    ] {
        let text = format!(
            "[maskinporten]\nissuer = \"{issuer}\"\n[[allow_host]]\nhost = \"maskinporten.no\"\nreason = \"because\"\n"
        );
        assert!(problem(&text).contains("never calls"), "{issuer}");
    }
}

#[test]
fn look_alike_hosts_are_not_test_hosts() {
    for (url, class) in [
        ("https://api-test.sits.no/", HostClass::Test),
        ("https://x.api.skatteetaten-test.no/v1", HostClass::Test),
        ("https://test.maskinporten.no/", HostClass::Test),
        ("http://127.0.0.1:80/", HostClass::Loopback),
        ("http://[::1]:80/", HostClass::Loopback),
        ("https://api-test.sits.no.example/", HostClass::Other),
        ("https://evilapi.skatteetaten-test.no/", HostClass::Other),
        ("https://.api.skatteetaten-test.no/", HostClass::Other),
        ("https://api.skatteetaten.no/", HostClass::Other),
        ("https://notmaskinporten.no/", HostClass::Other),
        ("https://maskinporten.no/", HostClass::ProductionMaskinporten),
    ] {
        if let Ok(url) = url.parse() {
            assert_eq!(classify(&url), class, "{url}");
        }
    }
}

#[test]
fn the_access_model_and_the_organisations_go_together() {
    let config = parse(
        "[access]\nmodel = \"system-user\"\n[[access.organisation]]\nnumber = \"310000000\"\nexternal_ref = \"a\"\n\
         [[access.organisation]]\nnumber = \"310000000\"\n",
    )
    .unwrap();
    assert_eq!(
        config.accesses(),
        [
            Access::system_user_with_ref("310000000", "a"),
            Access::system_user("310000000")
        ]
    );
    let delegated = "[access]\nmodel = \"delegation\"\n[[access.organisation]]\nnumber = \"310000000\"\n";
    assert_eq!(
        parse(delegated).unwrap().accesses(),
        [Access::ConsumerOrg("310000000".to_owned())]
    );
    for wrong in [
        "[[access.organisation]]\nnumber = \"310000000\"",
        "[access]\nmodel = \"system-user\"",
        "[access]\nmodel = \"system-user\"\n[[access.organisation]]\nnumber = \"31\"",
        "[access]\nmodel = \"delegation\"\n[[access.organisation]]\nnumber = \"310000000\"\nexternal_ref = \"a\"",
        "[access]\nmodel = \"system-user\"\n[[access.organisation]]\nnumber = \"310000000\"\n[[access.organisation]]\nnumber = \"310000000\"",
    ] {
        assert!(parse(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn the_environment_goes_over_the_file() {
    let set: HashMap<_, _> = [
        ("SKATT_ENVIRONMENT", "custom"),
        ("SKATT_TREKKPAALEGG_URL", "http://127.0.0.1:1"),
        ("MASKINPORTEN_ISSUER", "http://127.0.0.1:2/"),
        ("MASKINPORTEN_CLIENT_ID", "from-environment"),
        ("SKATT_ORGANISATION", "310000000"),
        ("SKATT_EXTERNAL_REF", "b"),
        ("SKATT_FINANSPRODUKTER_URL", " "),
    ]
    .into();
    let env = |name: &str| set.get(name).map(|value| (*value).to_owned());
    let text = "environment = \"test\"\n[maskinporten]\nclient_id = \"from-file\"\ntoken_endpoint = \"https://test.maskinporten.no/token\"\n";
    let config = Config::parse(text, None, &env).unwrap();
    assert_eq!(config.client_id(), Some("from-environment"));
    assert_eq!(config.environment().issuer().unwrap(), "http://127.0.0.1:2/");
    assert_eq!(
        config.environment().token_endpoint(),
        None,
        "it belonged to the other issuer"
    );
    assert_eq!(
        config.environment().base_url(Api::Trekkpaalegg).unwrap().port(),
        Some(1)
    );
    assert!(config.environment().base_url(Api::Finansprodukter).is_err());
    assert_eq!(config.accesses(), [Access::system_user_with_ref("310000000", "b")]);
    assert!(config.hosts().only_loopback());
}

#[test]
fn a_key_is_found_beside_the_file_and_refused_when_others_can_read_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("k.pem");
    std::fs::write(&path, "no key at all").unwrap();
    let text = "[maskinporten]\nclient_id = \"x\"\nkid = \"k\"\nkey = \"k.pem\"\n";
    let config = Config::parse(text, Some(&folder.path().join("c.toml")), NONE).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        let error = config.client(None).unwrap_err();
        assert!(matches!(error, ConfigError::KeyReadable { .. }), "{error}");
        assert!(error.to_string().contains("chmod 600"));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    let error = config.client(None).unwrap_err();
    assert!(matches!(error, ConfigError::Key { .. }), "{error}");
    assert!(!error.to_string().contains("no key at all"));
    let missing = Config::parse(text, Some(Path::new("/nowhere/c.toml")), NONE).unwrap();
    assert!(matches!(missing.client(None).unwrap_err(), ConfigError::Read { .. }));
}

#[test]
fn keys_that_contradict_each_other_are_named() {
    for (text, part) in [
        (
            "[maskinporten]\nkey = \"a\"\npkcs12 = \"b\"\npkcs12_password_env = \"P\"",
            "both set",
        ),
        ("[maskinporten]\npkcs12 = \"b\"", "pkcs12_password_env"),
        (
            "[maskinporten]\nkey = \"a\"\nkid = \"k\"\ncertificate_chain = \"c\"",
            "both set",
        ),
    ] {
        assert!(problem(text).contains(part), "{text}");
    }
}

#[test]
fn nothing_secret_is_shown() {
    let jwk = r#"{"kty":"RSA","d":"PLANTED-PRIVATE-EXPONENT","n":"x","e":"AQAB","kid":"k"}"#;
    let env = |name: &str| match name {
        "MASKINPORTEN_CLIENT_JWK" => Some(jwk.to_owned()),
        "MASKINPORTEN_CLIENT_ID" => Some("x".to_owned()),
        _ => None,
    };
    let config = Config::parse("", None, &env).unwrap();
    let shown = format!("{config:?} {:?}", config.client(None));
    assert!(!shown.contains("PLANTED"), "{shown}");
}
