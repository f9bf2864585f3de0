"""Headers of HTML documents, and the small documents that the server writes itself."""

from __future__ import annotations

from starlette.responses import HTMLResponse, Response

from holdfast.server.access import Access

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


def document_headers(access: Access, *, login: bool, secure: bool) -> dict[str, str]:
    """Return the headers that every HTML document of an app gets.

    Args:
        access: What the author says.
        login: Whether the app has a login: then pages of other origins show it in a frame only if the author says so.
        secure: The browser uses https.
    """
    headers = {"x-content-type-options": "nosniff", "referrer-policy": "strict-origin-when-cross-origin"}
    ancestors = access.frame_ancestors or (("'self'",) if login else ())
    if ancestors and "*" not in ancestors:
        headers["content-security-policy"] = f"frame-ancestors {' '.join(ancestors)}"
        if ancestors == ("'self'",):
            headers["x-frame-options"] = "SAMEORIGIN"
    if access.hsts is not None and secure:
        headers["strict-transport-security"] = f"max-age={access.hsts}"
    return headers


def logout_button() -> Response:
    """Return a document with a button: what another site's link must not do, the visitor can."""
    policy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"
    # Without a referrer, the form's Origin would be null, and its request untrusted.
    headers = {"content-security-policy": policy, "referrer-policy": "same-origin", "cache-control": "no-store"}
    return HTMLResponse(LOGOUT, headers=headers)
