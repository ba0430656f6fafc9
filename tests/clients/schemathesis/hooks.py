"""What every request of the fuzzer carries, whatever was generated.

The document is about one microversion, and without the header Manila's API speaks its oldest; without a token, noauth
greets with 204. Both are the wire format of Manila and outside of what a document of one version can say, so they are not
left to chance. How versions are negotiated and tokens refused is tested in tests/all/api.
"""

import os

import schemathesis

CARRIED = {
    "X-Auth-Token": "admin:" + os.environ["MANILAD_PROJECT"],
    "X-OpenStack-Manila-API-Version": os.environ["MANILAD_MICROVERSION"],
}


@schemathesis.hook
def before_call(context, case, kwargs):
    for header in list(case.headers):
        if header.lower() in {name.lower() for name in CARRIED}:
            del case.headers[header]
    case.headers.update(CARRIED)
