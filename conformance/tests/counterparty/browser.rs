//! The live page in a real browser, as wide as a phone and as wide as a desk.

use std::{path::Path, time::Duration};

use serde_json::{Value, json};
use skatteetaten_conformance::{
    counterparty::{Counterparty, Step, steps},
    results::Verdict,
    simulator::SCOPE_TREKKPAALEGG,
};

use crate::{
    crowd::{self, Ledger, Member},
    crowded::crowded,
    devtools::{Browser, Page, installed},
    gate::{Gate, Mode},
};

/// Width and height of the windows.
const SIZES: [(u32, u32); 2] = [(390, 844), (1280, 900)];

/// What cannot be read on a page.
async fn unreadable(page: &mut Page, width: u32) -> Vec<String> {
    let found = page
        .evaluate(&format!("({})({width})", include_str!("layout.js").trim()))
        .await;
    let found = found.as_array().unwrap();
    found
        .iter()
        .map(|problem| problem.as_str().unwrap().to_owned())
        .collect()
}

async fn start(customers: usize) -> (Counterparty, Vec<Member>) {
    let first = Counterparty::start().await.unwrap();
    let key = first.public_key().unwrap();
    first.stop().await;
    let organisations = crowd::organisations(customers);
    let counterparty = Counterparty::builder(crowd::vendor(&organisations, key))
        .orders(crowd::data(&organisations))
        // However busy this machine is, no task and no token may run out.
        .timeout(Duration::from_secs(3600))
        .token_lifetime(Duration::from_secs(24 * 3600))
        .start()
        .await
        .unwrap();
    let (endpoints, pem, kid) = (
        counterparty.endpoints(),
        counterparty.private_key_pem(),
        counterparty.kid(),
    );
    let members = crowd::members(&organisations, endpoints, pem, kid);
    (counterparty, members)
}

/// A page of each width, at this address.
async fn windows(browser: &Browser, address: &str) -> Vec<(Page, u32)> {
    let mut all = Vec::new();
    for (width, height) in SIZES {
        let mut page = browser.page(width, height).await;
        page.open(address).await;
        page.wait("document.querySelector('#link').dataset.linked === 'true'")
            .await;
        all.push((page, width));
    }
    all
}

fn step(id: &str) -> Step {
    steps().unwrap().into_iter().find(|step| step.id == id).unwrap()
}

/// A case in this state, on the page.
fn case(id: &str, verdict: &str) -> String {
    format!("[data-case=\"{id}\"][data-verdict=\"{verdict}\"]")
}

/// Whether an element is there and seen.
fn seen(selector: &str) -> String {
    format!("document.querySelector('{selector}')?.checkVisibility()")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_told_what_to_do_and_sees_what_comes_of_it() {
    let Some(program) = installed() else { return };
    let (counterparty, mut members) = start(2).await;
    let origin = format!("http://{}", counterparty.address());
    let browser = Browser::start(program).await;
    let mut windows = windows(&browser, &format!("{origin}/counterparty")).await;
    for (page, width) in &mut windows {
        let now = page.text("#now").await;
        assert!(now.contains("Venter på den første forespørselen"), "{now}");
        assert!(now.contains("Waiting for the system's first request"), "{now}");
        assert!(now.contains(counterparty.endpoints().issuer.as_str()), "{now}");
        assert_eq!(page.evaluate(&seen("#clock")).await, false);
        assert_eq!(page.evaluate(&seen("#done")).await, false);
        assert_eq!(unreadable(page, *width).await, [] as [String; 0]);
        page.picture("idle").await;
    }

    let task = step("empty");
    let person = counterparty.attended(|| Box::pin(std::future::pending()));
    let mut ledger = Ledger::new();
    let (played, ()) = tokio::join!(counterparty.play(&task, person.as_ref()), async {
        for (page, width) in &mut windows {
            page.wait(&seen("#done")).await;
            let now = page.text("#now").await;
            assert!(
                now.contains(&task.instruction.nb) && now.contains(&task.instruction.en),
                "{now}"
            );
            assert!(now.contains("Gjør nå") && now.contains("Do now"), "{now}");
            assert!(
                now.contains("Kunde / Customer") && now.contains(&members[0].organisation),
                "{now}"
            );
            // A countdown that counts.
            page.wait("/^\\d+:\\d\\d igjen/.test(document.querySelector('#timer').innerText)")
                .await;
            let left = page.text("#timer").await;
            page.wait(&format!(
                "document.querySelector('#timer').innerText !== {}",
                json!(left)
            ))
            .await;
            assert_eq!(unreadable(page, *width).await, [] as [String; 0]);
        }
        // What arrives is shown, and judged, without anything being loaded again.
        ledger.extend(members[0].work(1).await);
        for (page, width) in &mut windows {
            page.wait(&format!(
                "document.querySelector('#count').innerText === '{}'",
                ledger.len()
            ))
            .await;
            page.wait(&format!(
                "document.querySelectorAll('#exchanges li').length === {} && {}",
                ledger.len(),
                seen(&case("TP-03", "passed"))
            ))
            .await;
            let latest = "document.querySelector('#exchanges li').innerText";
            page.wait(&format!("{latest}.includes('innsending') && {latest}.includes('200')"))
                .await;
            page.picture("during").await;
            assert_eq!(unreadable(page, *width).await, [] as [String; 0]);
        }
        // One parameter without the other: the case changes, with a reason and what to correct.
        members[0].authorise(SCOPE_TREKKPAALEGG, &mut ledger).await;
        half_a_pair(&counterparty, &members[0]).await;
        for (page, width) in &mut windows {
            page.wait(&seen(&case("TP-03", "failed"))).await;
            let verdicts = counterparty.judge();
            let judged = verdicts.case("TP-03").unwrap();
            assert_eq!(judged.verdict, Verdict::Failed);
            let shown = page.text(&case("TP-03", "failed")).await;
            let label = judged.verdict.label();
            for text in [
                &label.nb,
                &label.en,
                &judged.reason.nb,
                &judged.reason.en,
                &judged.hint.nb,
                &judged.hint.en,
            ] {
                assert!(shown.contains(text.as_str()), "{text:?} is not in {shown:?}");
            }
            assert_eq!(
                page.evaluate(&format!("document.querySelector('{}')", case("TP-03", "passed")))
                    .await,
                Value::Null
            );
            let failed = verdicts.with(Verdict::Failed).len();
            page.wait(&format!(
                "document.querySelector('#counts [data-verdict=failed] b').innerText.trim() === '✗ {failed}'
                 && document.title.includes('✗ {failed}')"
            ))
            .await;
            assert_eq!(unreadable(page, *width).await, [] as [String; 0]);
            page.picture("failed").await;
        }
        // The button is reached by keyboard, and not lost when the page is drawn again.
        let (page, _) = &mut windows[0];
        reach(page, "done").await;
        members[1].authorise(SCOPE_TREKKPAALEGG, &mut ledger).await;
        page.wait(&format!(
            "document.querySelector('#count').innerText === '{}'",
            ledger.len() + 1
        ))
        .await;
        assert_eq!(page.evaluate("document.activeElement.id").await, "done");
        page.press("Enter", 13).await;
    });
    played.unwrap();
    for (page, _) in &mut windows {
        page.wait(&format!("!({}) && !({})", seen("#done"), seen("#clock")))
            .await;
        assert!(page.text("#now").await.contains("La systemet arbeide"));
    }

    // The other page ends the next task with a click. A click that was meant for another is ignored.
    let (played, ()) = tokio::join!(counterparty.play(&task, person.as_ref()), async {
        let (page, _) = &mut windows[1];
        page.wait(&seen("#done")).await;
        let late = "fetch('/counterparty/done?step=three&act=1', { method: 'POST' }).then(answer => answer.status)";
        assert_eq!(page.evaluate(late).await, 409);
        assert_eq!(page.evaluate(&seen("#done")).await, true);
        page.click("#done").await;
    });
    played.unwrap();
    // Where everything is recorded, the button ends that.
    tokio::join!(counterparty.said_done(), async {
        let (page, width) = &mut windows[0];
        page.wait("document.querySelector('#now').innerText.includes('Opptak')")
            .await;
        assert_eq!(page.evaluate(&seen("#done")).await, true);
        assert_eq!(page.evaluate(&seen("#clock")).await, false);
        assert_eq!(unreadable(page, *width).await, [] as [String; 0]);
        page.click("#done").await;
    });
    // At the end every page says so, and where the evidence is, before nobody answers any more.
    counterparty.over(Path::new("evidence/bevispakke-1")).await;
    for (page, width) in &mut windows {
        page.wait("document.querySelector('#link').dataset.linked === 'over'")
            .await;
        let now = page.text("#now").await;
        assert!(
            now.contains("Økten er avsluttet") && now.contains("The session is over"),
            "{now}"
        );
        assert!(now.contains("evidence/bevispakke-1"), "{now}");
        assert_eq!(page.evaluate(&seen("#done")).await, false);
        assert_eq!(unreadable(page, *width).await, [] as [String; 0]);
        page.picture("over").await;
    }

    for (page, _) in &mut windows {
        let problems = page.problems(&origin).await;
        // The answer 409 above is told of, and nothing else.
        let unexpected: Vec<_> = problems
            .iter()
            .filter(|text| !text.contains("done?step=three"))
            .collect();
        assert_eq!(unexpected, [] as [&String; 0]);
    }
    // The browser itself is not on the tape: not even by asking for an icon.
    assert_eq!(counterparty.tape().seen().count(), ledger.len() + 1);
    counterparty.stop().await;
}

/// Asks for a list with one parameter only.
async fn half_a_pair(counterparty: &Counterparty, member: &Member) {
    let address = counterparty
        .endpoints()
        .trekkpaalegg
        .join("api/trekkpaalegg/v1?fraSekvensnummer=0")
        .unwrap();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = http
        .get(address)
        .header("accept", "application/json")
        .bearer_auth(&member.token);
    request.send().await.unwrap();
}

/// Presses Tab until an element has the focus.
async fn reach(page: &mut Page, id: &str) {
    for _ in 0..20 {
        page.press("Tab", 9).await;
        if page.evaluate("document.activeElement.id").await == id {
            return;
        }
    }
    panic!("{id} cannot be reached by keyboard");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_comes_back_by_itself() {
    let Some(program) = installed() else { return };
    let (counterparty, mut members) = start(1).await;
    let gate = Gate::to(counterparty.address()).await;
    let origin = format!("http://{}", gate.address);
    let browser = Browser::start(program).await;
    let mut windows = windows(&browser, &format!("{origin}/counterparty")).await;
    for (page, _) in &mut windows {
        assert_eq!(page.problems(&origin).await, [] as [String; 0]);
    }
    let mut ledger = Ledger::new();
    for (page, width) in &mut windows {
        page.evaluate("window.untouched = true").await;
        for mode in [Mode::Shut, Mode::BadGateway] {
            gate.set(mode);
            page.wait("document.querySelector('#link').dataset.linked === 'false'")
                .await;
            assert!(page.text("#link").await.contains("Connection lost"));
            assert_eq!(unreadable(page, *width).await, [] as [String; 0]);
            page.picture("lost").await;
            gate.turns_one_away().await;
            // What happens meanwhile is in the first event after it.
            ledger.extend(members[0].work(1).await);
            gate.set(Mode::Open);
            page.wait("document.querySelector('#link').dataset.linked === 'true'")
                .await;
            assert_eq!(page.text("#count").await, ledger.len().to_string());
            assert_eq!(
                page.evaluate("window.untouched").await,
                true,
                "nothing was loaded again"
            );
        }
    }
    counterparty.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn much_on_the_page_stays_readable_in_light_and_dark() {
    let Some(program) = installed() else { return };
    let (counterparty, _) = start(1).await;
    let origin = format!("http://{}", counterparty.address());
    let browser = Browser::start(program).await;
    for (page, width) in &mut windows(&browser, &format!("{origin}/counterparty")).await {
        page.evaluate(&format!("show({})", crowded())).await;
        assert_eq!(
            page.evaluate("document.querySelectorAll('[data-case]').length").await,
            77
        );
        assert_eq!(
            page.evaluate("document.querySelectorAll('#exchanges li').length").await,
            200
        );
        assert!(page.text("#log").await.contains("20200"));
        // What needs somebody's eyes is unfolded, what did not happen is not.
        assert_eq!(page.evaluate(&seen("[data-group=failed] li")).await, true);
        assert_eq!(page.evaluate(&seen("[data-group=notRun] li")).await, false);
        // At a glance: the numbers stand on the first screen of a desk, and above the cases anywhere.
        let tops = "['#counts', '#cases'].map(id => document.querySelector(id).getBoundingClientRect())";
        assert_eq!(
            page.evaluate(&format!("(([a, b]) => a.bottom <= b.top)({tops})")).await,
            true
        );
        for scheme in ["light", "dark"] {
            page.prefer(scheme).await;
            page.picture(&format!("much-{scheme}")).await;
            page.picture(&format!("much-{scheme}-whole")).await;
            page.evaluate("document.querySelectorAll('details').forEach(group => group.dataset.was = group.open)")
                .await;
            page.evaluate("document.querySelectorAll('details').forEach(group => group.open = true)")
                .await;
            assert_eq!(
                unreadable(page, *width).await,
                [] as [String; 0],
                "{scheme}, {width} pixels"
            );
            page.evaluate(
                "document.querySelectorAll('details').forEach(group => group.open = group.dataset.was === 'true')",
            )
            .await;
        }
        // Drawn again with one change, only that changes: what is folded, scrolled and chosen stays.
        let mut state = crowded();
        state["cases"][2]["verdict"] = "passed".into();
        state["cases"][2]["label"] = json!(Verdict::Passed.label());
        page.evaluate(
            "document.querySelector('[data-group=notRun]').open = true;
             document.querySelector('[data-group=failed]').open = false;
             window.kept = document.querySelector('#exchanges li')",
        )
        .await;
        page.evaluate(&format!("show({state})")).await;
        assert_eq!(page.evaluate(&seen("[data-group=notRun] li")).await, true);
        assert_eq!(page.evaluate(&seen("[data-group=failed] li")).await, false);
        assert_eq!(
            page.evaluate("window.kept === document.querySelector('#exchanges li')")
                .await,
            true
        );
        assert_eq!(page.evaluate(&seen("[data-group=passed] li")).await, true);

        // Without a connection there is nobody to tell, and no countdown; both come back with it.
        for (shown, what) in [
            (true, "0"),
            (false, "linked(false)"),
            (true, "linked(true), show(JSON.parse(window.state))"),
        ] {
            page.evaluate(&format!("window.state = {}; {what}", json!(state.to_string())))
                .await;
            assert_eq!(page.evaluate(&seen("#done")).await, shown, "{what}");
            assert_eq!(page.evaluate(&seen("#clock")).await, shown, "{what}");
        }

        // Each check sees what it is for.
        for (broken, found) in [
            (
                "const box = document.createElement('div'); box.style.width = '2000px'; box.textContent = 'x';",
                "scrolls sideways",
            ),
            (
                "const box = document.createElement('div'); box.style.cssText = 'width: 3rem; overflow: hidden; white-space: nowrap'; box.textContent = 'a text that is cut';",
                "cuts its width",
            ),
            (
                "const box = document.createElement('div'); box.style.cssText = 'height: 1rem; overflow: hidden'; box.innerHTML = 'a<br>b<br>c';",
                "cuts its height",
            ),
            (
                "const box = document.createElement('div'); box.style.cssText = 'width: 3rem; white-space: nowrap'; box.textContent = 'a text that runs';",
                "runs out of its box",
            ),
            (
                "const box = document.createElement('div'); box.style.cssText = 'color: #888; background: #777'; box.textContent = 'x';",
                "contrast",
            ),
        ] {
            page.evaluate(&format!(
                "{{ {broken} box.id = 'broken'; document.querySelector('main').append(box); }}"
            ))
            .await;
            let problems = unreadable(page, *width).await;
            assert!(
                problems.iter().any(|problem| problem.contains(found)),
                "{found}: {problems:?}"
            );
            page.evaluate("document.querySelector('#broken').remove()").await;
        }
        assert_eq!(unreadable(page, *width).await, [] as [String; 0]);
    }
    counterparty.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_can_be_heard_and_does_what_it_says() {
    let Some(program) = installed() else { return };
    let (counterparty, _) = start(1).await;
    let origin = format!("http://{}", counterparty.address());
    let browser = Browser::start(program).await;
    for (page, _) in &mut windows(&browser, &format!("{origin}/counterparty")).await {
        page.evaluate(&format!("show({})", crowded())).await;
        assert_eq!(page.evaluate("document.documentElement.lang").await, "nb");
        assert_eq!(page.evaluate("document.querySelectorAll('h1').length").await, 1);
        assert_eq!(
            page.evaluate("document.querySelector('#now').getAttribute('aria-live')")
                .await,
            "polite"
        );
        // The seconds are no news that has to be read out.
        assert_eq!(
            page.evaluate("document.querySelector('#timer').closest('[aria-live]')")
                .await,
            Value::Null
        );
        assert_eq!(
            page.evaluate("document.querySelectorAll('.en').length > 10").await,
            true
        );
        let heard = page.heard().await;
        for (role, name) in [
            ("heading", "Motpart for leverandørens system"),
            ("button", "Ferdig / Done"),
            ("timer", ""),
            ("status", ""),
        ] {
            assert!(
                heard.iter().any(|(a, b)| a == role && b.starts_with(name)),
                "{role} {name:?}: {heard:?}"
            );
        }
        // Every verdict is a word, beside its colour, and its sign is not read out.
        let words = "[...document.querySelectorAll('.verdict')].every(node =>
            node.textContent.includes(' / ') && node.querySelector('[aria-hidden=true]'))";
        assert_eq!(page.evaluate(words).await, true);
        let same =
            "[...document.querySelectorAll('.verdict')].filter(node => !node.textContent.includes(' / ')).length";
        page.evaluate("document.querySelector('.verdict').innerHTML = '<i></i>'")
            .await;
        assert_eq!(page.evaluate(same).await, 1, "the check sees a colour alone");
        // Where the console has something to say, it is heard of; so is a request to elsewhere, which
        // the page's own policy stops.
        assert_eq!(page.problems(&origin).await, [] as [String; 0]);
        page.evaluate("console.error('told'); setTimeout(() => { throw new Error('thrown') }); new Promise(done => setTimeout(done))")
            .await;
        page.evaluate("fetch('http://127.0.0.1:1/').catch(() => 0)").await;
        let problems = page.problems(&origin).await;
        for found in ["told", "thrown", "127.0.0.1:1"] {
            assert!(
                problems.iter().any(|problem| problem.contains(found)),
                "{found}: {problems:?}"
            );
        }
    }
    counterparty.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_person_and_no_secret_is_on_the_page() {
    let Some(program) = installed() else { return };
    let (counterparty, mut members) = start(2).await;
    let origin = format!("http://{}", counterparty.address());
    let mut ledger = members[0].work(1).await;
    half_a_pair(&counterparty, &members[0]).await;
    ledger.extend(members[1].work(1).await);
    let raw: Vec<_> = counterparty
        .tape()
        .seen()
        .map(|seen| (*seen.exchange).clone())
        .collect();
    let secrets = skatteetaten_conformance::recording::secrets(&raw);
    assert!(
        secrets.contains("15847530062") && secrets.contains("70213997155"),
        "orders were served"
    );
    assert!(secrets.contains(&members[0].token), "tokens were given");
    let browser = Browser::start(program).await;
    for (page, _) in &mut windows(&browser, &format!("{origin}/counterparty")).await {
        page.wait(&format!(
            "document.querySelector('#count').innerText === '{}'",
            ledger.len() + 1
        ))
        .await;
        page.wait(&seen(&case("TP-03", "failed"))).await;
        let on_page = async |page: &mut Page| -> Vec<String> {
            let all = "document.documentElement.outerHTML + [...drawn.values()].join() + document.title";
            let text = page.evaluate(all).await;
            let text = text.as_str().unwrap();
            secrets
                .iter()
                .filter(|secret| text.contains(secret.as_str()))
                .cloned()
                .collect()
        };
        assert_eq!(on_page(page).await, [] as [String; 0]);
        // It is all shown through text, so markup that arrives stays text.
        page.evaluate("{ const state = structuredClone({ at: '', now: null, address: '<b id=bold>15847530062</b>', cases: [], count: 0, exchanges: [] }); show(state); }").await;
        assert_eq!(on_page(page).await, ["15847530062"]);
        assert_eq!(page.evaluate("document.querySelector('#bold')").await, Value::Null);
    }
    counterparty.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_ends_with_the_test_that_started_it() {
    let Some(program) = installed() else { return };
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let failing = tokio::spawn(async move {
        let browser = Browser::start(program).await;
        sender.send(browser.profile()).unwrap();
        let mut page = browser.page(390, 844).await;
        page.evaluate("throw new Error('as a failing test does')").await;
    });
    assert!(failing.await.unwrap_err().is_panic());
    let profile = receiver.await.unwrap();
    assert!(!profile.exists(), "{}", profile.display());
}
