"""Headers of HTML documents, and the small documents that the server writes itself."""

from __future__ import annotations

from starlette.responses import HTMLResponse, Response

LOGOUT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Log out</title>
<meta name="viewport" content="width=device-width">
<style>
:root { color-scheme: light dark }
body { display: grid; min-height: 100vh; margin: 0; place-items: center; font: 16px/1.5 system-ui }
form { max-width: 20rem; padding: 1rem; text-align: center }
button { padding: .5rem 1.25rem; font: inherit }
</style></head>
<body><form method="post"><p>Another site has sent you here. Do you want to log out?</p>
<button>Log out</button></form></body></html>
"""


def logout_button() -> Response:
    """Return a document with a button: what another site's link must not do, the visitor can."""
    policy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"
    # Without a referrer, the form's Origin would be null, and its request untrusted.
    headers = {"content-security-policy": policy, "referrer-policy": "same-origin", "cache-control": "no-store"}
    return HTMLResponse(LOGOUT, headers=headers)
