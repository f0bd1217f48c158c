//! Nothing changes on the way, in either direction.

use tokio::{io::AsyncWriteExt as _, net::TcpListener, sync::oneshot};

use crate::support::*;

#[tokio::test]
async fn every_byte_but_the_host_arrives() {
    let answer =
        b"HTTP/1.1 299 Something Else\r\nContent-Type: Application/JSON;charset=UTF-8\r\nX-Odd: a\r\nX-Odd: b\r\n\
        KorrelasjonsID: abc\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\nSet-Cookie: a=1\r\nContent-Length: 17\r\n\r\n\
        {\"a\" : 1.50,\"a\":}";
    let (upstream, got) = server(answer.to_vec()).await;
    let (proxy, kept) = proxy_for(&upstream).await;
    let request = b"POST /finansprodukter/v1/2024?x=%C3%A6+%20&&y HTTP/1.1\r\nHOST: here.example\r\nauthorization: Bearer abc.def.ghi\r\n\
        IdempotencyKey: 7f9c24e8-3b12-4fef-91d0-0a4e3c1b2d55\r\nX-Two: 1\r\nX-Two: 2\r\nContent-Type: application/json\r\n\
        Content-Length: 14\r\n\r\n{\"x\" : 1.500} ";
    let came_back = send(&proxy, request).await;

    let (first, headers, body) = parts(&got.lock().unwrap()[0]);
    let (sent_first, mut sent_headers, sent_body) = parts(request);
    assert_eq!(first, sent_first);
    assert_eq!(body, sent_body);
    // The address is all that differs; nothing is added, and names keep their case.
    let host = upstream.trim_start_matches("http://");
    sent_headers.retain(|line| !line.starts_with("HOST"));
    let (hosts, headers): (Vec<_>, Vec<_>) = headers
        .into_iter()
        .partition(|line| line.to_lowercase().starts_with("host"));
    assert_eq!(hosts.len(), 1);
    assert!(hosts[0].ends_with(host), "{hosts:?}");
    assert_eq!(headers, sent_headers);

    assert_eq!(parts(&came_back), parts(answer));

    let passed = kept.only();
    assert_eq!(passed.exchange.operation, "innsending");
    assert_eq!(passed.exchange.request_body, sent_body);
    assert_eq!(passed.exchange.status, Some(299));
    assert_eq!(passed.exchange.response_body, &answer[answer.len() - 17..]);
    assert_eq!(passed.exchange.fault, None);
    assert_eq!(
        passed.exchange.url.as_str(),
        format!("{upstream}/finansprodukter/v1/2024?x=%C3%A6+%20&&y")
    );
}

#[tokio::test]
async fn what_belongs_to_one_connection_is_not_passed_on() {
    let (upstream, got) = server(
        b"HTTP/1.1 200 OK\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nX-Kept: 1\r\nContent-Length: 0\r\n\r\n".to_vec(),
    )
    .await;
    let (proxy, _) = proxy_for(&upstream).await;
    let request =
        b"GET /api/trekkpaalegg/v1 HTTP/1.1\r\nHost: x\r\nConnection: X-Mine\r\nX-Mine: 1\r\nTE: trailers\r\n\r\n";
    let (_, headers, _) = parts(&send(&proxy, request).await);
    assert_eq!(headers, ["Content-Length: 0", "X-Kept: 1"]);
    let (_, headers, _) = parts(&got.lock().unwrap()[0]);
    assert!(
        headers
            .iter()
            .all(|line| !line.starts_with("X-Mine") && !line.starts_with("TE")),
        "{headers:?}"
    );
}

#[tokio::test]
async fn an_answer_is_streamed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let upstream = format!("http://{}", listener.local_addr().unwrap());
    let (go_on, wait) = oneshot::channel::<()>();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        message(&mut stream).await;
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
            .await
            .unwrap();
        // The rest is sent only after the first part has been read at the other end.
        wait.await.unwrap();
        stream.write_all(b"4\r\nlast\r\n0\r\n\r\n").await.unwrap();
    });
    let (proxy, kept) = proxy_for(&upstream).await;
    let mut answer = http()
        .get(format!("{}/api/trekkpaalegg/v1", base(&proxy)))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.chunk().await.unwrap().unwrap(), "first");
    assert!(kept.all().is_empty(), "the exchange is not over");
    go_on.send(()).unwrap();
    assert_eq!(answer.chunk().await.unwrap().unwrap(), "last");
    assert_eq!(answer.chunk().await.unwrap(), None);
    assert_eq!(kept.only().exchange.response_body, "firstlast");
}

#[tokio::test]
async fn a_large_answer_comes_whole() {
    let body: Vec<u8> = (0..20_000_000_u32).map(|at| b'a' + (at % 23) as u8).collect();
    let mut answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
    answer.extend(&body);
    let (upstream, _) = server(answer).await;
    let (proxy, kept) = proxy_for(&upstream).await;
    let request = http().get(format!(
        "{}/finansprodukter/v1/2024/forsendelser/a/dokumenter/b",
        base(&proxy)
    ));
    let came = request.send().await.unwrap().bytes().await.unwrap();
    assert!(came == body, "20 MB, byte for byte");
    let passed = kept.only();
    assert_eq!(passed.exchange.operation, "uthentingDokument");
    assert!(passed.exchange.response_body == body);
}
