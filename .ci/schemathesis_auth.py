"""Fetches access tokens from the simulator for schemathesis: a JWT grant, signed with openssl."""

import base64
import json
import os
import subprocess
import time
import urllib.parse
import urllib.request
import uuid

import schemathesis

ORGANISATION = "123456789"


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def assertion(simulator):
    now = int(time.time())
    claims = {
        "aud": simulator["issuer"],
        "iss": simulator["client_id"],
        "iat": now,
        "exp": now + 100,
        "jti": str(uuid.uuid4()),
        "scope": os.environ["SIMULATOR_SCOPE"],
        "authorization_details": [
            {
                "type": "urn:altinn:systemuser",
                "systemuser_org": {
                    "authority": "iso6523-actorid-upis",
                    "ID": f"0192:{ORGANISATION}",
                },
            }
        ],
    }
    header = {"alg": "RS256", "kid": simulator["kid"]}
    message = b".".join(encode(json.dumps(part).encode()) for part in (header, claims))
    signature = subprocess.run(
        ["openssl", "dgst", "-sha256", "-sign", simulator["private_key"]],
        input=message,
        capture_output=True,
        check=True,
    ).stdout
    return b".".join((message, encode(signature))).decode()


@schemathesis.auth(refresh_interval=60)
class Maskinporten:
    def get(self, case, context):
        with open(os.environ["SIMULATOR_JSON"], encoding="utf-8") as file:
            simulator = json.load(file)
        form = {
            "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "assertion": assertion(simulator),
        }
        request = urllib.request.Request(
            simulator["token_endpoint"], urllib.parse.urlencode(form).encode()
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["access_token"]

    def set(self, case, data, context):
        case.headers = case.headers or {}
        case.headers["Authorization"] = f"Bearer {data}"
