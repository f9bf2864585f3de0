"""The page for a browser that opens the tools' URL, with instructions for connecting."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from html import escape

from holdfast.server.mcp.tools import Tool

PATH = "/gradio_api/mcp/"

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}: MCP server</title>
<style>
  :root {{ color-scheme: light dark; }}
  body {{ font: 15px/1.65 Inter, system-ui, sans-serif; max-width: 44rem; margin: 48px auto; padding: 0 20px;
    background: light-dark(#f7f8fa, #0d0f13); color: light-dark(#14181f, #eceff4); }}
  h1 {{ font-size: 26px; letter-spacing: -0.02em; line-height: 1.3; }}
  h2 {{ font-size: 16px; margin-top: 32px; }}
  p, dd {{ color: light-dark(#4a5362, #a9b3c2); }}
  dd {{ margin: 0 0 12px; }}
  code, pre {{ font: 13px/1.6 ui-monospace, monospace; overflow-wrap: anywhere; }}
  pre {{ padding: 12px 16px; overflow: auto; border-radius: 8px; border: 1px solid light-dark(#e1e5eb, #272c36);
    background: light-dark(#ffffff, #15181e); }}
  a {{ color: light-dark(#2444cc, #9db2ff); }}
</style></head><body><main> <h1>{title}: MCP server</h1> <p>This URL is for programs that use the Model Context
Protocol: editors, assistants, agents. Enter it in one of them, and it can call the functions of this app. <a
href="{root}/">Open the app</a> to use it yourself.</p> <h2>URL</h2> <pre tabindex="0"><code>{address}</code></pre>
<h2>Client configuration</h2> <pre tabindex="0"><code>{configuration}</code></pre> <p>For a client without streamable
HTTP, use <code>{root}/gradio_api/mcp/sse</code> instead. Append <code>?tools=a,b</code> to offer only some of the
tools. <a href="{root}/gradio_api/mcp/schema">Their schemas</a> are available as JSON.</p> <h2>Tools</h2>
<dl>{tools}</dl> </main></body></html>
"""


def landing(title: str, tools: Sequence[Tool], root: str) -> str:
    """Return the page's HTML.

    Args:
        title: Title of the app.
        tools: Tools of the app.
        root: The app's public URL.
    """
    listed = "".join(f"<dt><code>{escape(tool.name)}</code></dt><dd>{escape(tool.description)}</dd>" for tool in tools)
    return _PAGE.format(
        title=escape(title),
        root=escape(root),
        address=escape(root + PATH),
        configuration=escape(configuration(title, root)),
        tools=listed or "<dd>This app has no tools.</dd>",
    )


def configuration(title: str, root: str) -> str:
    """Return the entry for a client's configuration file."""
    name = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "app"
    return json.dumps({"mcpServers": {name: {"url": root + PATH}}}, indent=2)
