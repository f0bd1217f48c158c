//! Time limits. The server is silent for ever, so that no limit is ever a race.

use std::time::Duration;

use skatteetaten_client::error::{TimeoutKind, TokenErrorKind, TransportErrorKind};
use skatteetaten_client::{Api, Error, RetryPolicy, Settings};

use super::server::{Reply, Server, list};

fn short() -> Settings {
    Settings::default().retry(RetryPolicy::never())
}

#[tokio::test]
async fn silence_before_and_within_an_answer_ends_in_a_timeout() {
    const HALF: &[u8] = b"HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\n{";
    for start in [&b""[..], HALF] {
        let server = Server::raw(move |_, _| Reply::Stall(start.to_vec())).await;
        let settings = short().read_timeout(Duration::from_millis(50));
        let client = server.builder().settings(settings).build().unwrap();
        let Err(Error::Token(error)) = client.token(Api::Trekkpaalegg).await else {
            panic!("no token can come");
        };
        let TokenErrorKind::Unreachable(fault) = error.kind() else {
            panic!("{error}")
        };
        assert_eq!(fault.kind(), TransportErrorKind::Timeout(TimeoutKind::Read));
        assert!(error.is_retryable());
        assert!(error.to_string().contains("50 ms"), "{error}");
    }
}

#[tokio::test]
async fn the_limit_on_the_whole_call_covers_the_token() {
    let server = Server::raw(|_, _| Reply::Stall(Vec::new())).await;
    let settings = short().call_timeout(Duration::from_millis(50));
    let client = server.builder().settings(settings).build().unwrap();
    let error = list(&client).await.unwrap_err();
    let Error::Transport(error) = error else {
        panic!("{error}")
    };
    assert_eq!(error.kind(), TransportErrorKind::Timeout(TimeoutKind::Call));
    assert_eq!(error.attempts(), 0, "the API was not called yet");
    let error = client.token(Api::Trekkpaalegg).await.unwrap_err();
    assert!(matches!(error, Error::Token(_)) && error.is_retryable(), "{error}");
}

#[tokio::test]
async fn the_limit_on_the_whole_call_covers_the_answer() {
    const START: &[u8] = b"HTTP/1.1 200 X\r\nContent-Length: 9\r\n\r\n[";
    let server = Server::api(|_| Reply::Stall(START.to_vec())).await;
    let other_limits = Duration::from_secs(3600);
    let settings = short().read_timeout(other_limits).connect_timeout(other_limits);
    let client = server.builder().settings(settings).build().unwrap();
    client.token(Api::Trekkpaalegg).await.unwrap();
    // From here on timers run as soon as nothing else does: the only one that can end the call
    // before an hour has passed is the one for the whole call.
    tokio::time::pause();
    let error = list(&client).await.unwrap_err();
    let Error::Transport(error) = error else {
        panic!("{error}")
    };
    assert_eq!(error.kind(), TransportErrorKind::Timeout(TimeoutKind::Call));
    assert_eq!(error.attempts(), 1);
    assert!(error.correlation_id().is_some());
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let environment = skatteetaten_client::Environment::test;
    let build = |settings| super::server::builder(environment()).settings(settings).build();
    assert!(build(Settings::default()).is_ok());
    for bad in [
        Settings::default().klientid(""),
        Settings::default().klientid("x".repeat(101)),
        Settings::default().klientid("Lønn/1"),
        Settings::default().klientid("a\r\nb"),
        Settings::default().token_capacity(0),
        Settings::default().read_timeout(Duration::ZERO),
        Settings::default().root_certificate("no pem"),
    ] {
        assert!(matches!(build(bad), Err(Error::Configuration(_))));
    }
    let nothing = skatteetaten_client::Client::builder(environment()).build();
    assert!(matches!(nothing, Err(Error::Configuration(_))));
    let no_issuer = skatteetaten_client::Environment::custom("x");
    assert!(matches!(
        super::server::builder(no_issuer).build(),
        Err(Error::Configuration(_))
    ));
}
