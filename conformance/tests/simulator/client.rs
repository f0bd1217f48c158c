//! The project's own client, configured by the simulator, and the commands.

use skatteetaten_client::{Api, Error};
use skatteetaten_conformance::{
    config::Config,
    simulator::{CODES, Simulator},
};

use crate::support::Bench;

#[tokio::test]
async fn the_simulators_configuration_works_in_memory_and_from_files() {
    let bench = Bench::plain().await;
    let folder = tempfile::tempdir().unwrap();
    let path = bench.simulator.write_config(folder.path()).unwrap();
    for config in [
        bench.simulator.config().unwrap(),
        Config::load(Some(&path), &|_| None).unwrap(),
    ] {
        assert!(config.hosts().only_loopback());
        let client = config.client(None).unwrap();
        for api in [Api::Trekkpaalegg, Api::Finansprodukter, Api::Dialogporten] {
            let info = client.token(api).await.unwrap();
            assert_eq!(info.scopes, [api.scope()]);
            let claims = info.claims.unwrap();
            assert_eq!(
                claims["authorization_details"][0]["systemuser_org"]["ID"],
                "0192:123456789"
            );
        }
    }
    let names: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
}

#[tokio::test]
async fn refusals_reach_the_client_by_their_code() {
    for (fault, part) in [
        ("code=MP-303", "MP-303"),
        ("code=MP-110", "MP-110"),
        ("code=invalid_scope", "scope"),
    ] {
        let bench = Bench::with_fault(fault).await;
        let client = bench.simulator.config().unwrap().client(None).unwrap();
        let error = client.token(Api::Trekkpaalegg).await.unwrap_err();
        assert!(matches!(error, Error::Token(_)), "{error}");
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[tokio::test]
async fn without_organisations_the_owner_acts_for_itself() {
    let simulator = Simulator::builder()
        .data(skatteetaten_conformance::simulator::Data::empty())
        .start()
        .await
        .unwrap();
    let client = simulator.config().unwrap().client(None).unwrap();
    let claims = client.token(Api::Trekkpaalegg).await.unwrap().claims.unwrap();
    assert_eq!(claims["consumer"]["ID"], "0192:310000000");
    assert_eq!(claims.get("authorization_details"), None);
}

/// The client knows a meaning for every code; the simulator reaches every one of them.
#[test]
fn every_code_that_the_client_documents_can_be_served() {
    for info in skatteetaten_client::error::codes() {
        let row = CODES.iter().find(|row| row.code == info.code);
        let row = row.unwrap_or_else(|| panic!("{} has no row", info.code));
        if let Some(status) = info.status {
            assert_eq!(row.status, status, "{}", info.code);
        }
    }
}
