//! A browser that is driven over its DevTools protocol, as far as these tests need it.

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{net::TcpStream, sync::oneshot, time::timeout};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

/// How long anything may take before the test is given up: a guard against hanging, no measure.
const LIMIT: Duration = Duration::from_secs(600);

/// The browser of this machine. A machine without one runs no test of this kind, unless it is the one
/// that has to.
pub(crate) fn installed() -> Option<&'static str> {
    let found = ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .find(|name| {
            Command::new(name)
                .arg("--version")
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .is_ok_and(|status| status.success())
        });
    let wanted = std::env::var_os("CI").is_some() && std::env::var_os("SKATT_NO_BROWSER").is_none();
    assert!(
        found.is_some() || !wanted,
        "no chromium was found; install it, or set SKATT_NO_BROWSER=1"
    );
    found
}

/// A running browser with a profile of its own. Dropping it, in a panic too, ends it and removes the
/// profile.
pub(crate) struct Browser {
    process: Child,
    profile: Option<TempDir>,
    /// `ws://` address of the browser itself.
    address: String,
}

impl Browser {
    pub(crate) async fn start(program: &str) -> Self {
        let profile = tempfile::Builder::new().prefix("skatt-browser-").tempdir().unwrap();
        let mut process = Command::new(program)
            .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"])
            .args(["--disable-dev-shm-usage", "--no-first-run", "--disable-extensions"])
            .args([
                "--disable-background-networking",
                "--disable-component-update",
                "--no-proxy-server",
            ])
            .args([
                "--disable-background-timer-throttling",
                "--disable-renderer-backgrounding",
            ])
            .args(["--disable-backgrounding-occluded-windows", "--remote-debugging-port=0"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, receiver) = oneshot::channel();
        let errors = BufReader::new(process.stderr.take().unwrap());
        let mut browser = Self {
            process,
            profile: Some(profile),
            address: String::new(),
        };
        // Its messages are read to their end, or it would wait for somebody to read them.
        std::thread::spawn(move || {
            let mut sender = Some(sender);
            for line in errors.lines().map_while(Result::ok) {
                if let Some(address) = line.strip_prefix("DevTools listening on ")
                    && let Some(sender) = sender.take()
                {
                    let _ = sender.send(address.trim().to_owned());
                }
            }
        });
        let address = timeout(LIMIT, receiver).await.expect("the browser starts");
        browser.address = address.expect("the browser says where it listens");
        browser
    }

    /// Where its profile is.
    pub(crate) fn profile(&self) -> PathBuf {
        self.profile.as_ref().unwrap().path().to_owned()
    }

    /// An empty page in a window of its own, this wide and high.
    pub(crate) async fn page(&self, width: u32, height: u32) -> Page {
        let mut control = Page::connect(&self.address, width).await;
        let window = json!({ "url": "about:blank", "newWindow": true });
        let target = control.command("Target.createTarget", window).await;
        let id = target["targetId"].as_str().unwrap();
        let (host, _) = self.address.split_once("/devtools/").unwrap();
        let mut page = Page::connect(&format!("{host}/devtools/page/{id}"), width).await;
        for domain in ["Page", "Runtime", "Log", "Network"] {
            page.command(&format!("{domain}.enable"), json!({})).await;
        }
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        page.command("Emulation.setDeviceMetricsOverride", size).await;
        page.command("Emulation.setFocusEmulationEnabled", json!({ "enabled": true }))
            .await;
        page
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        // Its helpers notice that it is gone, and may write a last file until then.
        let Some(profile) = self.profile.take() else { return };
        let path = profile.keep();
        for _ in 0..500 {
            if std::fs::remove_dir_all(&path).is_ok() || !path.exists() {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// One page of a browser.
pub(crate) struct Page {
    socket: Socket,
    width: u32,
    sent: u64,
    /// What the browser told of by itself.
    events: Vec<Value>,
}

impl Page {
    async fn connect(address: &str, width: u32) -> Self {
        let (socket, _) = timeout(LIMIT, connect_async(address)).await.unwrap().unwrap();
        Self {
            socket,
            width,
            sent: 0,
            events: Vec::new(),
        }
    }

    /// Sends a command and waits for its result.
    async fn command(&mut self, method: &str, parameters: Value) -> Value {
        self.sent += 1;
        let command = json!({ "id": self.sent, "method": method, "params": parameters });
        self.socket.send(Message::text(command.to_string())).await.unwrap();
        let answer = timeout(LIMIT, async {
            loop {
                let message = self.socket.next().await.expect("the browser is there").unwrap();
                let Message::Text(text) = message else { continue };
                let message: Value = serde_json::from_str(&text).unwrap();
                if message["id"] == self.sent {
                    return message;
                }
                self.events.push(message);
            }
        });
        let Ok(mut answer) = answer.await else {
            panic!("{method} does not come to an end: {}", parameters_of(&command));
        };
        assert!(answer["error"].is_null(), "{method}: {}", answer["error"]);
        answer["result"].take()
    }

    pub(crate) async fn open(&mut self, address: &str) {
        let answer = self.command("Page.navigate", json!({ "url": address })).await;
        assert!(answer["errorText"].is_null(), "{address}: {answer}");
        self.wait("document.readyState === 'complete'").await;
    }

    /// The value of an expression, or what its promise comes to.
    pub(crate) async fn evaluate(&mut self, expression: &str) -> Value {
        let asked = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let mut answer = self.command("Runtime.evaluate", asked).await;
        assert!(
            answer["exceptionDetails"].is_null(),
            "{expression}: {}",
            answer["exceptionDetails"]
        );
        answer["result"]["value"].take()
    }

    /// Waits until an expression is true; it is asked again whenever anything in the page changes.
    pub(crate) async fn wait(&mut self, condition: &str) {
        self.evaluate(&format!(
            "new Promise(resolve => {{
                const holds = () => {{ try {{ return Boolean({condition}); }} catch {{ return false; }} }};
                if (holds()) return resolve(true);
                const observer = new MutationObserver(() => {{
                    if (holds()) {{ observer.disconnect(); resolve(true); }}
                }});
                observer.observe(document, {{ subtree: true, childList: true, characterData: true, attributes: true }});
                document.addEventListener('readystatechange', () => {{ if (holds()) resolve(true); }});
            }})"
        ))
        .await;
    }

    /// The text that a person reads, below this selector.
    pub(crate) async fn text(&mut self, selector: &str) -> String {
        let text = self
            .evaluate(&format!("document.querySelector({}).innerText", json!(selector)))
            .await;
        text.as_str().unwrap().to_owned()
    }

    /// Presses a key and lets it go.
    pub(crate) async fn press(&mut self, key: &str, code: u32) {
        let text = if key == "Enter" { "\r" } else { "" };
        for kind in ["keyDown", "keyUp"] {
            let mut event = json!({ "type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code });
            if kind == "keyDown" && !text.is_empty() {
                event["text"] = text.into();
            }
            self.command("Input.dispatchKeyEvent", event).await;
        }
    }

    /// Clicks where an element stands, as a pointer does.
    pub(crate) async fn click(&mut self, selector: &str) {
        let place = self
            .evaluate(&format!(
                "(() => {{ const node = document.querySelector({}); node.scrollIntoView({{ block: 'center' }});
                    const box = node.getBoundingClientRect();
                    return [box.x + box.width / 2, box.y + box.height / 2]; }})()",
                json!(selector)
            ))
            .await;
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({ "type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1 });
            self.command("Input.dispatchMouseEvent", event).await;
        }
    }

    /// Whether the person prefers dark pages.
    pub(crate) async fn prefer(&mut self, scheme: &str) {
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.command("Emulation.setEmulatedMedia", features).await;
    }

    /// Names and roles as assistive software hears them.
    pub(crate) async fn heard(&mut self) -> Vec<(String, String)> {
        self.command("Accessibility.enable", json!({})).await;
        let tree = self.command("Accessibility.getFullAXTree", json!({})).await;
        let text = |node: &Value, part: &str| node[part]["value"].as_str().unwrap_or_default().to_owned();
        let nodes = tree["nodes"].as_array().unwrap();
        nodes
            .iter()
            .map(|node| (text(node, "role"), text(node, "name")))
            .collect()
    }

    /// A picture of the whole page, where SKATT_SCREENSHOTS names a folder for them.
    pub(crate) async fn picture(&mut self, name: &str) {
        let Some(folder) = std::env::var_os("SKATT_SCREENSHOTS") else {
            return;
        };
        let whole = json!({ "format": "png", "captureBeyondViewport": name.ends_with("whole") });
        let answer = self.command("Page.captureScreenshot", whole).await;
        let bytes = STANDARD.decode(answer["data"].as_str().unwrap()).unwrap();
        std::fs::write(Path::new(&folder).join(format!("{name}-{}.png", self.width)), bytes).unwrap();
    }

    /// What a person would find in the console, and requests to anywhere else, since the last time.
    pub(crate) async fn problems(&mut self, origin: &str) -> Vec<String> {
        // Whatever was told before this command has arrived with its answer.
        self.evaluate("0").await;
        let events = std::mem::take(&mut self.events);
        events.iter().filter_map(|event| problem(event, origin)).collect()
    }
}

fn parameters_of(command: &Value) -> &Value {
    let parameters = &command["params"];
    if parameters["expression"].is_null() {
        parameters
    } else {
        &parameters["expression"]
    }
}

fn problem(event: &Value, origin: &str) -> Option<String> {
    let parameters = &event["params"];
    let found = match event["method"].as_str()? {
        "Runtime.exceptionThrown" => parameters["exceptionDetails"].to_string(),
        "Runtime.consoleAPICalled" if matches!(parameters["type"].as_str()?, "error" | "warning" | "assert") => {
            parameters["args"].to_string()
        }
        "Log.entryAdded" if matches!(parameters["entry"]["level"].as_str()?, "error" | "warning") => {
            format!("{} {}", parameters["entry"]["text"], parameters["entry"]["url"])
        }
        "Network.requestWillBeSent" => {
            let url = parameters["request"]["url"].as_str()?;
            if url.starts_with(origin) || url.starts_with("data:") {
                return None;
            }
            format!("a request to {url}")
        }
        _ => return None,
    };
    Some(found)
}
