#!/usr/bin/env python3
"""A vendor's system in one file: python3's standard library and the program openssl, nothing else.

It does one task per run, as the counterparty's environment variables describe it (SKATT_TASK and
so on), keeps its data in SKATT_FOLDER and writes what it concluded to SKATT_RESULT. Every protocol
rule stands where it is followed. `--mistake NAME` makes one realistic mistake instead;
`--list-mistakes` names them.

The client's key comes from VENDOR_KEY (a PEM file that openssl reads), VENDOR_KID and
MASKINPORTEN_CLIENT_ID; VENDOR_TIMEOUT is how many seconds it waits for an answer.
"""
import base64
import datetime
import decimal
import hashlib
import http.client
import json
import os
import random
import re
import ssl
import subprocess
import sys
import time
import urllib.parse
import uuid

TREKK = "skatteetaten:trekkpaalegg"
FINANS = "skatteetaten:innrapporteringfinansprodukter"
DIALOG = "digdir:dialogporten"
LIMIT = 10 * 1024 * 1024
ATTEMPTS = 4
MAY_BE_CALLED = re.compile(
    r"^(127\.0\.0\.1|localhost|api-test\.sits\.no|[a-z.-]+\.api\.skatteetaten-test\.no"
    r"|test\.maskinporten\.no|platform\.tt02\.altinn\.no)$"
)
MISTAKE = None
WAIT = float(os.environ.get("VENDOR_WAIT", "0.2"))


def mistake(name):
    return MISTAKE == name


class Problem(Exception):
    """Something that a person has to know. `final` when the same call must not be sent again."""

    def __init__(self, message, status=None, final=False):
        super().__init__(message)
        self.status = status
        self.final = final


# --- connections ---------------------------------------------------------------------------------


def send(method, url, headers, body=None):
    """One request. Raises OSError or http.client.HTTPException when no whole answer comes."""
    parts = urllib.parse.urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    more = {}
    if parts.scheme == "https" and mistake("no-tls-check"):
        more["context"] = ssl._create_unverified_context()
    # Certificate, host name and time are checked by default; SSL_CERT_FILE adds a test authority.
    # An answer that never comes must not stop everything: connecting and each wait for bytes end.
    timeout = None if mistake("no-timeout") else float(os.environ.get("VENDOR_TIMEOUT", "30"))
    connection = kind(parts.hostname, parts.port, timeout=timeout, **more)
    try:
        target = parts.path + ("?" + parts.query if parts.query else "")
        connection.request(method, target, body=body, headers=headers)
        answer = connection.getresponse()
        # A body that ends too early is no answer: read() raises IncompleteRead.
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def check_address(url):
    """Only known test hosts and this machine: never production."""
    host = urllib.parse.urlsplit(url).hostname or ""
    if not MAY_BE_CALLED.match(host) and not mistake("no-environment-guard"):
        raise Problem(f"{host} is no test host: nothing is sent there")


def pause(attempt):
    """Growing, with a random part, so that many systems do not come back at once."""
    time.sleep(WAIT * (2**attempt) * (0.5 + random.random()))


# --- Maskinporten --------------------------------------------------------------------------------


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def make_assertion(customer, scope):
    now = int(time.time())
    claims = {
        "aud": os.environ["MASKINPORTEN_ISSUER"],
        "iss": os.environ["MASKINPORTEN_CLIENT_ID"],
        "iat": now,
        "exp": now + (300 if mistake("long-lived-assertion") else 100),
        "jti": str(uuid.uuid4()),
        "scope": "skatteetaten:annet" if mistake("wrong-scope") else scope,
    }
    organisation, reference = customer
    own = os.environ.get("SKATT_ACCESS") == "own-organisation"
    if not mistake("no-system-user") and (not own or mistake("asks-for-system-user")):
        detail = {
            "type": "urn:altinn:systemuser",
            "systemuser_org": {"authority": "iso6523-actorid-upis", "ID": "0192:" + organisation},
        }
        # The system user was requested with a reference, so it is asked for with it.
        if reference and not mistake("no-external-ref"):
            detail["externalRef"] = reference
        claims["authorization_details"] = [detail]
    if mistake("undocumented-claim"):
        claims["environment"] = "test"
    if mistake("resource-claim"):
        claims["resource"] = os.environ["SKATT_TREKKPAALEGG"]
    header = {"alg": "RS256", "kid": os.environ["VENDOR_KID"]}
    text = encode(json.dumps(header).encode()) + "." + encode(json.dumps(claims).encode())
    signed = subprocess.run(
        ["openssl", "dgst", "-sha256", "-sign", os.environ["VENDOR_KEY"]],
        input=text.encode(),
        stdout=subprocess.PIPE,
        check=True,
    )
    return text + "." + encode(signed.stdout)


class Tokens:
    """Tokens by customer *and* externalRef *and* scope, kept until they are about to expire."""

    def __init__(self):
        self.kept = {}

    def key(self, customer, scope):
        if mistake("shared-token"):
            return scope
        if mistake("token-without-reference"):
            return (customer[0], scope)
        return (customer, scope)

    def get(self, customer, scope):
        token, until = self.kept.get(self.key(customer, scope), (None, 0))
        if token and time.time() < until and not mistake("token-per-call"):
            return token
        token, lifetime = fetch_token(customer, scope)
        self.kept[self.key(customer, scope)] = (token, time.time() + lifetime - 20)
        return token

    def forget(self, customer, scope):
        self.kept.pop(self.key(customer, scope), None)


def fetch_token(customer, scope):
    organisation, reference = customer
    who = f"organisation {organisation}" + (f", externalRef {reference}" if reference else "")
    url = os.environ["MASKINPORTEN_TOKEN_ENDPOINT"]
    check_address(url)
    assertion = None
    problem = None
    for attempt in range(ATTEMPTS):
        if attempt:
            pause(attempt)
        # An assertion is accepted once: a new one for every attempt.
        if not (assertion and mistake("replayed-assertion")):
            assertion = make_assertion(customer, scope)
        form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        try:
            status, _, body = send("POST", url, headers, urllib.parse.urlencode(form))
        except (OSError, http.client.HTTPException) as error:
            problem = f"Maskinporten cannot be reached: {type(error).__name__}"
            continue
        try:
            answer = json.loads(body)
        except ValueError:
            answer = {}
        if status == 200 and "access_token" in answer:
            # The token is opaque: nothing in it is looked at.
            return answer["access_token"], answer.get("expires_in", 0)
        problem = f"Maskinporten answered {status} {answer.get('error', '')}: {answer.get('error_description', '')} ({who})"
        if mistake("assertion-in-log"):
            problem += f" {assertion}"
        if mistake("no-clock-message") and "clock" in problem:
            problem = f"Maskinporten answered {status} {answer.get('error', '')} ({who})"
        if status < 500 and not (mistake("loop-on-missing-delegation") and "MP-303" in problem):
            break
    raise Problem(problem, final=True)


TOKENS = Tokens()


# --- calls ---------------------------------------------------------------------------------------


def describe(status, headers, body):
    """An error answer as a sentence. It may be HTML or plain text from something in between."""
    if mistake("crash-on-html"):
        answer = json.loads(body)
    try:
        answer = json.loads(body)
        assert isinstance(answer, dict)
    except (ValueError, AssertionError):
        kind = headers.get("Content-Type", "no Content-Type")
        return f"{status}, not from the API itself ({kind}, {len(body)} bytes)", set()
    text = f"{status} {answer.get('kode', '')} {answer.get('melding', '')}"
    codes = {answer.get("kode")}
    for entry in answer.get("spesifisering", []):
        codes.add(entry.get("kode"))
        where = "" if mistake("hides-path") else entry.get("sti", "")
        text += f"; {entry.get('kode', '')} {where} {entry.get('melding', '')}"
    if mistake("hides-closed-year") and "GLD_1027" in codes:
        text = f"{status}"
    if answer.get("korrelasjonsid") and not mistake("drops-correlation-id"):
        text += f" (korrelasjonsid {answer['korrelasjonsid']})"
    return text, codes


def call(method, url, customer, scope, body=None, headers=None):
    """A call that is tried again where that is safe: 5xx and broken connections a few times, 401
    once with a new token, 429 after the time it names. Any other 4xx is final."""
    check_address(url)
    headers = dict(headers or {})
    headers.setdefault("Accept", "application/json")
    headers["Korrelasjonsid"] = str(uuid.uuid4())
    if mistake("no-accept") and scope == TREKK:
        headers["Accept"] = "*/*"
    renewals = 5 if mistake("renews-forever") else 0 if mistake("no-renewal") else 1
    attempt = 0
    throttled = False
    while True:
        headers["Authorization"] = "Bearer " + TOKENS.get(customer, scope)
        problem = None
        status = None
        try:
            status, answer_headers, answer = send(method, url, headers, body)
        except http.client.IncompleteRead as error:
            if mistake("stores-broken-page") and method == "GET":
                return half_a_page(error.partial)
            problem = "the answer broke off"
        except (OSError, http.client.HTTPException) as error:
            problem = f"no connection: {type(error).__name__}"
        if status == 200:
            return answer
        if status is not None:
            problem, codes = describe(status, answer_headers, answer)
            if status == 401 and renewals:
                renewals -= 1
                TOKENS.forget(customer, scope)
                continue
            if status == 429 and not throttled:
                throttled = True
                wait = int(answer_headers.get("Retry-After", "1"))
                if wait <= 10:
                    time.sleep(0 if mistake("ignores-retry-after") else wait)
                    continue
            again = (
                (mistake("retries-400") and status == 400 and scope == TREKK)
                or (mistake("retries-403") and status == 403)
                or (mistake("retries-404") and status == 404 and scope == TREKK)
                or (mistake("retries-missing-document") and status == 404 and scope == FINANS)
                or (mistake("retries-used-key") and status == 409)
            )
            if 400 <= status < 500 and not again:
                raise Problem(problem, status=status, final=True)
        attempt += 1
        if attempt >= ATTEMPTS or mistake("never-retries"):
            raise Problem(problem, status=status)
        if mistake("new-key-on-retry") and "idempotencyKey" in headers:
            headers["idempotencyKey"] = str(uuid.uuid4())
        pause(attempt)


def half_a_page(text):
    orders = re.findall(r'"trekkid":"([^"]+)"', text.decode())
    return json.dumps([{"trekkid": order, "trekkversjon": 1, "sekvensnummer": 1} for order in orders])


# --- data ----------------------------------------------------------------------------------------


def path_of(name):
    return os.path.join(os.environ["SKATT_FOLDER"], name)


def load(name, default):
    try:
        with open(path_of(name), encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return default


def save(name, value):
    """Whole or not at all: written beside, then renamed."""
    with open(path_of(name) + ".new", "w", encoding="utf-8") as file:
        json.dump(value, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(path_of(name) + ".new", path_of(name))


# --- Trekkpålegg ---------------------------------------------------------------------------------


def read_date(text):
    """Both 1998-12-21 and 19981221."""
    text = text.replace("-", "")
    return datetime.date(int(text[:4]), int(text[4:6]), int(text[6:8]))


def employees():
    """The identity numbers of those who are employed; None when nobody has said."""
    told = os.environ.get("SKATT_EMPLOYEES")
    return None if told is None else told.split(",")


def read_order(order, organisation):
    """Why an order cannot be taken as it is; None when it can. Unknown fields and codes are fine."""
    if not isinstance(order, dict) or "trekkid" not in order:
        return "no order"
    if order.get("trekkpliktig") != organisation and not mistake("takes-any-employer"):
        return "it is for another employer"
    known = employees()
    if known is not None and order.get("skyldner") not in known and not mistake("takes-anybody"):
        # Never matched by name or guessed, and the number is not repeated: a person has to look.
        return "its skyldner is not employed here"
    if mistake("closed-codes") and order.get("trekkstatus") not in ("aktiv", "avsluttet"):
        return "unknown trekkstatus"
    try:
        for period in order["trekkstoerrelseForPeriode"]:
            start = read_date(period["startdato"])
            if period.get("sluttdato") and read_date(period["sluttdato"]) < start:
                return "a period ends before it starts"
            sizes = [name for name in ("trekkbeloep", "trekkprosent") if period.get(name) is not None]
            if len(sizes) != 1 and not mistake("first-size-wins"):
                return "a period has both an amount and a percentage, or neither"
    except (KeyError, TypeError, ValueError, AttributeError):
        return "it does not keep the contract"
    return None


class Orders:
    """The orders of all customers: the newest version of each, and the watermarks."""

    def __init__(self):
        # Numbers are exact decimals from the first moment.
        self.data = load("orders.json", {"watermarks": {}, "orders": {}, "aside": {}, "more": []})
        self.messages = []

    def take(self, customer, orders):
        organisation, reference = customer
        shelf = organisation + ":" + (reference or "")
        highest = self.data["watermarks"].get(shelf, 0)
        for order in orders:
            number = str(order.get("sekvensnummer", "")) if isinstance(order, dict) else ""
            if number.isdigit():
                highest = int(number) if mistake("last-number") else max(highest, int(number))
            trouble = read_order(order, organisation)
            name = shelf + "/" + str(order.get("trekkid")) if isinstance(order, dict) else "?"
            if trouble and not (mistake("stores-broken-page") and "opprettet" not in order):
                self.data["aside"][name] = trouble
                self.messages.append(f"order {order.get('trekkid')} was set aside: {trouble}")
                continue
            known = self.data["orders"].get(name)
            if known and known["trekkversjon"] == order["trekkversjon"] and mistake("appends-duplicates"):
                self.data["more"].append(order)
            # The newest version counts; an older one never replaces it.
            if not known or known["trekkversjon"] <= order["trekkversjon"] or mistake("older-overwrites"):
                self.data["orders"][name] = order
        self.data["watermarks"][shelf] = highest
        # Orders and watermark in one file, so that neither is ever without the other.
        if mistake("watermark-first"):
            kept = load("orders.json", {"watermarks": {}, "orders": {}, "aside": {}, "more": []})
            save("orders.json", dict(kept, watermarks=self.data["watermarks"]))
        else:
            save("orders.json", self.data)

    def list(self, customer, query=None):
        url = os.environ["SKATT_TREKKPAALEGG"] + "/api/trekkpaalegg/v1"
        if query is not None:
            url += "?" + urllib.parse.urlencode(query)
        body = call("GET", url, customer, TREKK)
        # No orders: an empty list, or no body at all.
        return json.loads(body, parse_float=str) if body else []

    def fetch(self, customer):
        orders = self.list(customer)
        if mistake("loses-last-order"):
            orders = orders[:-1]
        self.take(customer, orders)

    def poll(self, customer, size):
        if not (size.isdigit() and int(size) >= 1) and not mistake("no-validation"):
            raise Problem(f"maksAntall {size} makes no sense: it is at least 1")
        size = int(size)
        shelf = customer[0] + ":" + (customer[1] or "")
        first = True
        if mistake("restarts-after-failure") and load("failed.json", False):
            self.data["watermarks"][shelf] = 0
        while True:
            watermark = self.data["watermarks"].get(shelf, 0)
            # Exclusive: the highest number received, as it is. Both parameters, always.
            query = {"fraSekvensnummer": watermark, "maksAntall": size}
            if mistake("plus-one") and watermark:
                query["fraSekvensnummer"] += 1
            if mistake("lone-parameter") and not watermark:
                del query["fraSekvensnummer"]
            orders = self.list(customer, query)
            if mistake("empty-is-error") and first and not orders:
                raise Problem("the list is empty")
            self.take(customer, orders)
            first = False
            # A full page may not be the last.
            if mistake("asks-after-partial") and 0 < len(orders) < size:
                self.list(customer, dict(query, fraSekvensnummer=self.data["watermarks"][shelf]))
            if mistake("asks-after-empty") and not orders and watermark:
                self.list(customer, query)
            if len(orders) < size or mistake("stops-after-full-page"):
                save("orders.json", self.data)
                return

    def lookup(self, customer, trekkid, version):
        if mistake("always-version-two"):
            version = "2"
        parts = "/".join(urllib.parse.quote(part, safe="") for part in (trekkid, version))
        body = call("GET", os.environ["SKATT_TREKKPAALEGG"] + "/api/trekkpaalegg/v1/" + parts, customer, TREKK)
        order = json.loads(body, parse_float=str)
        self.messages.append(f"order {order['trekkid']} version {order['trekkversjon']}")

    def withholding(self, dates):
        """One entry per order and pay date with an instruction; orders are never added up."""
        told, warnings = [], []
        for order in self.data["orders"].values():
            periods = order["trekkstoerrelseForPeriode"]
            ended = order.get("trekkstatus") == "avsluttet"
            if ended and any(not period.get("sluttdato") for period in periods):
                warnings.append({"trekkid": order["trekkid"]})
            for day in dates:
                # The period that holds the date decides, whatever the status.
                period = next((period for period in periods if holds(period, day)), None)
                if period is None or (ended and mistake("status-decides")):
                    continue
                entry = {"trekkid": order["trekkid"], "payDate": day.isoformat()}
                if period.get("trekkbeloep") is not None:
                    month = decimal.Decimal(str(period["trekkbeloep"]["trekkbeloep"]))
                    entry["amount"] = str(share(month, day, [d for d in dates if holds(period, d)]))
                    zero = month == 0
                else:
                    percent = decimal.Decimal(str(period["trekkprosent"]["trekkprosent"]))
                    entry["percent"] = str(percent)
                    zero = percent == 0
                # Zero is an instruction too.
                if not (zero and mistake("zero-is-nothing")):
                    told.append(entry)
        if mistake("adds-up"):
            people = {}
            for order in self.data["orders"].values():
                people.setdefault(order["skyldner"], []).append(order["trekkid"])
            drop = {trekkid for orders in people.values() for trekkid in orders[1:]}
            told = [entry for entry in told if entry["trekkid"] not in drop]
        return told, warnings

    def conclusion(self):
        stored = []
        for name, order in list(self.data["orders"].items()) + [(None, order) for order in self.data["more"]]:
            payment = order.get("betalingsinformasjon", {})
            kid = payment.get("kidnummer")
            if mistake("kid-as-number") and kid:
                kid = str(int(kid))
            stored.append(
                {
                    "trekkid": str(order["trekkid"]),
                    "trekkversjon": order["trekkversjon"],
                    "kidnummer": kid,
                    "kontonummer": payment.get("kontonummer"),
                    "betalingsmottaker": payment.get("betalingsmottaker"),
                }
            )
        # Two system users of one organisation see the same orders.
        unique = {json.dumps(order, sort_keys=True): order for order in stored}
        if mistake("appends-duplicates"):
            unique = dict(enumerate(stored))
        aside = [{"trekkid": name.rsplit("/", 1)[-1]} for name in self.data["aside"]]
        return {"orders": list(unique.values()), "setAside": aside}


def holds(period, day):
    """Start and end are included; no end is open."""
    if day < read_date(period["startdato"]):
        return False
    end = period.get("sluttdato")
    if not end:
        return True
    return day < read_date(end) if mistake("end-excluded") else day <= read_date(end)


def share(month, day, dates):
    """A monthly amount spread over the month's payments; the last takes what rounding leaves."""
    same = sorted(d for d in dates if (d.year, d.month) == (day.year, day.month))
    if mistake("amount-each-time"):
        return month
    part = (month / len(same)).quantize(decimal.Decimal("0.01"))
    return month - part * (len(same) - 1) if day == same[-1] else part


# --- Innrapportering finansprodukter -------------------------------------------------------------


class Submissions:
    def __init__(self):
        self.all = load("submissions.json", [])
        self.messages = []

    def save(self):
        save("submissions.json", self.all)

    def add(self, file):
        size = os.path.getsize(file)
        if size > LIMIT and not mistake("sends-too-much"):
            raise Problem(f"{size} bytes are over the limit of 10 MB: divide the report, or use the file upload")
        with open(file, encoding="utf-8") as source:
            text = change(source.read())
        report = json.loads(text)["leveranse"]
        key = str(uuid.uuid4())
        if mistake("key-per-run") and self.all:
            key = self.all[-1]["key"]
        if mistake("corrects-under-same-key") and os.environ["SKATT_TASK"] == "correct":
            key = self.all[-1]["key"]
        # Key and exact bytes are on disk before anything is sent.
        self.all.append(
            {
                "reference": report["oppgavegiversLeveranseReferanse"],
                "year": report["inntektsaar"],
                "key": None if mistake("key-not-saved") else key,
                "body": text,
                "status": "notSent",
                "documents": [],
            }
        )
        self.save()

    def send_pending(self, customer, resume=False):
        trouble = []
        for entry in self.all:
            waiting = entry["status"] == "notSent" or (resume and entry["status"] == "refused")
            if not waiting and not (resume and mistake("resends-all-parts")):
                continue
            year = entry["year"] - (1 if mistake("wrong-year") else 0)
            headers = {
                "idempotencyKey": entry["key"] or str(uuid.uuid4()),
                "Content-Type": "text/plain" if mistake("wrong-content-type") else "application/json",
            }
            if mistake("no-key"):
                del headers["idempotencyKey"]
            url = f"{os.environ['SKATT_FINANSPRODUKTER']}/{year}"
            try:
                body = call("POST", url, customer, FINANS, entry["body"].encode(), headers)
            except Problem as problem:
                if problem.final:
                    entry["status"] = "refused"
                self.save()
                trouble.append(f"{entry['reference']}: {problem}")
                continue
            receipt = json.loads(body)
            entry["receipt"] = receipt
            # A receipt is not the verdict.
            entry["status"] = "accepted" if mistake("receipt-is-acceptance") else "sent"
            self.save()
        if trouble:
            raise Problem("; ".join(trouble))

    def feedback(self, customer):
        trouble = []
        for entry in self.all:
            if "receipt" not in entry:
                continue
            try:
                self.read_feedback(customer, entry)
            except Problem as problem:
                trouble.append(f"{entry['reference']}: {problem}")
        self.save()
        if trouble:
            raise Problem("; ".join(trouble))

    def read_feedback(self, customer, entry):
        receipt = entry["receipt"]
        url = f"{os.environ['SKATT_DIALOGPORTEN']}/api/v1/enduser/dialogs/{receipt['dialogId']}"
        dialog = json.loads(call("GET", url, customer, DIALOG))
        answers = [
            transmission
            for transmission in dialog.get("transmissions", [])
            if transmission.get("relatedTransmissionId") == receipt["forsendelseId"]
            and transmission.get("type") != "Submission"
        ]
        if len(answers) != 1:
            return
        # Only the ids are taken from the address in the dialog; the request is our own.
        for attachment in answers[0].get("attachments", []):
            for address in attachment.get("urls", []):
                found = re.search(r"/forsendelser/([0-9a-f-]{36})/dokumenter/([0-9a-f-]{36})$", address["url"])
                if address.get("consumerType") == "Api" and found:
                    self.fetch_document(customer, entry, *found.groups())
        verdicts = {"Acceptance": "accepted", "Rejection": "rejected"}
        entry["status"] = verdicts.get(answers[0]["type"], entry["status"])

    def fetch_document(self, customer, entry, dispatch, document):
        base = f"{os.environ['SKATT_FINANSPRODUKTER']}/{entry['year']}"
        body = call("GET", f"{base}/forsendelser/{dispatch}/dokumenter/{document}", customer, FINANS, headers={"Accept": "*/*"})
        digest = hashlib.sha256(body[:-1] if mistake("document-cut") else body).hexdigest()
        if digest not in entry["documents"]:
            entry["documents"].append(digest)

    def conclusion(self):
        told = []
        for entry in self.all:
            receipt = entry.get("receipt", {})
            told.append(
                {
                    "reference": entry["reference"],
                    "status": entry["status"],
                    "dialogId": receipt.get("dialogId"),
                    "forsendelseId": None if mistake("receipt-not-kept") else receipt.get("forsendelseId"),
                    "antallOppgaver": receipt.get("antallOppgaver"),
                    "documents": entry["documents"],
                }
            )
        return {"submissions": told}


def change(text):
    """What the mistakes do to a report."""
    report = json.loads(text)
    delivery = report["leveranse"]
    summary = delivery["oppgaveoppsummering"]
    if mistake("wrong-count") and delivery.get("oppgave"):
        summary["antallOppgaver"] += 1
    elif mistake("float-totals") and delivery.get("oppgave"):
        products = [product for entry in delivery["oppgave"] for product in entry["konto"]["finansprodukt"]]
        summary["sumRenteinntekt"] = str(sum(float(product.get("renteinntekt", 0)) for product in products))
    elif mistake("counts-deletions") and delivery.get("sletteoppgave"):
        summary["antallOppgaver"] = len(delivery["sletteoppgave"])
    elif mistake("sum-of-nothing") and delivery["leveransetype"] == "ingenOppgaver":
        summary["sumRenteinntekt"] = "1"
    elif mistake("mistyped-person") and delivery.get("oppgave"):
        person = delivery["oppgave"][0]["oppgaveeier"]["person"]
        person["foedselsnummer"] = person["foedselsnummer"][:-1] + "9"
    else:
        return text
    return json.dumps(report)


# --- tasks ---------------------------------------------------------------------------------------


def customers():
    for text in filter(None, os.environ["SKATT_CUSTOMERS"].split(",")):
        organisation, _, reference = text.partition(":")
        yield organisation, reference or None


def perform(task, orders, submissions):
    more = {}
    dates = [datetime.date.fromisoformat(text) for text in os.environ.get("SKATT_PAY_DATES", "").split(",") if text]
    files = [file for file in os.environ.get("SKATT_FILES", "").split(os.pathsep) if file]
    trouble = []
    if os.environ.get("SKATT_ACCESS") == "own-organisation":
        orders.messages.append("acting for the own organisation " + os.environ["SKATT_CUSTOMERS"])
    if task in ("submit", "correct"):
        for file in files:
            submissions.add(file)
    for customer in customers():
        try:
            if task == "fetch":
                orders.fetch(customer)
            elif task in ("poll", "withholding"):
                orders.poll(customer, os.environ.get("SKATT_PAGE_SIZE", "100"))
            elif task == "lookup":
                orders.lookup(customer, os.environ["SKATT_TREKKID"], os.environ["SKATT_TREKKVERSJON"])
            elif task in ("submit", "correct", "resume"):
                submissions.send_pending(customer, resume=task == "resume")
            elif task == "feedback":
                submissions.feedback(customer)
            else:
                raise Problem(f"there is no task {task}")
        except Problem as problem:
            trouble.append(str(problem))
    if task == "withholding":
        more["withholding"], more["warnings"] = orders.withholding(dates)
    if task in ("fetch", "poll", "withholding"):
        more.update(orders.conclusion())
    if submissions.all:
        more.update(submissions.conclusion())
    return more, trouble


def main():
    global MISTAKE
    arguments = sys.argv[1:]
    if arguments == ["--list-mistakes"]:
        with open(__file__, encoding="utf-8") as source:
            print("\n".join(sorted(set(re.findall(r'mistake\("([a-z0-9-]+)"\)', source.read())))))
        return 0
    if arguments[:1] == ["--mistake"]:
        MISTAKE = arguments[1]
    orders, submissions = Orders(), Submissions()
    try:
        more, trouble = perform(os.environ["SKATT_TASK"], orders, submissions)
    except Problem as problem:
        more, trouble = {}, [str(problem)]
    save("failed.json", bool(trouble))
    messages = trouble + orders.messages + submissions.messages
    result = {"outcome": "failed" if trouble else "ok", "messages": messages, **more}
    with open(os.environ["SKATT_RESULT"], "w", encoding="utf-8") as file:
        json.dump(result, file)
    for message in messages:
        print(message, file=sys.stderr)
    return 1 if trouble else 0


if __name__ == "__main__":
    sys.exit(main())
