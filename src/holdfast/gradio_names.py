"""What `gradio` exports: the names that a program may import, whether Holdfast has them or not."""

from __future__ import annotations

PUBLIC_NAMES = frozenset(
    {
        "__version__", "Accordion", "AnnotatedImage", "Annotatedimage", "api", "Audio", "BarPlot", "Blocks",
        "BrowserState", "Brush", "Button", "cache", "Cache", "Chatbot", "ChatInterface", "ChatMessage",
        "Checkbox", "CheckboxGroup", "Checkboxgroup", "ClearButton", "close_all", "Code", "ColorPicker",
        "Column", "Component", "component", "CopyData", "CSVLogger", "DataFrame", "Dataframe", "Dataset",
        "DateTime", "DeepLinkButton", "DeletedFileData", "deploy", "Dialogue", "DownloadButton",
        "DownloadData", "Draggable", "Dropdown", "DuplicateButton", "EditData", "Eraser", "Error",
        "EventData", "Examples", "File", "FileData", "FileExplorer", "Files", "FileSize", "FlaggingCallback",
        "Gallery", "get_audio", "get_file", "get_image", "get_model3d", "get_package_version", "get_video",
        "Group", "Header", "Highlight", "HighlightedText", "Highlightedtext", "HTML", "I18n", "Image",
        "ImageEditor", "ImageMask", "ImageSlider", "Info", "InputHTMLAttributes", "Interface", "Json", "JSON",
        "KeyUpData", "Label", "LayerOptions", "LikeData", "LinePlot", "List", "load", "load_chat",
        "load_ipython_extension", "load_openapi", "LoginButton", "Markdown", "Matrix", "mcp", "MessageDict",
        "Mic", "Microphone", "Model3D", "mount_gradio_app", "MultimodalTextbox", "Navbar", "NO_RELOAD",
        "Number", "Numpy", "OAuthProfile", "OAuthToken", "on", "Paint", "ParamViewer", "PlayableVideo",
        "Plot", "Progress", "Radio", "render", "Request", "RetryData", "Row", "ScatterPlot", "SelectData",
        "Server", "set_static_paths", "Sidebar", "SimpleCSVLogger", "Sketchpad", "skip", "Slider", "State",
        "Step", "Success", "Tab", "TabbedInterface", "TabItem", "Tabs", "Text", "TextArea", "Textbox",
        "Theme", "Timer", "UndoData", "update", "UploadButton", "validate", "validators", "Video",
        "Walkthrough", "Warning", "WatermarkOptions", "WaveformOptions", "WebcamOptions", "Workflow",
        "WorkflowCanvas",
    }
)  # fmt: skip
"""`gradio.__all__`, and four names beside it that programs use."""

SUBMODULES = frozenset(
    {
        "analytics", "block_function", "blocks", "caching", "chat_interface", "cli", "component_meta",
        "components", "context", "data_classes", "events", "exceptions", "external", "external_utils",
        "flagging", "helpers", "http_server", "i18n", "image_utils", "interface", "layouts", "mcp", "media",
        "monitoring_dashboard", "networking", "node_server", "oauth", "pipelines", "processing_utils",
        "queueing", "renderable", "route_utils", "routes", "server_messages", "state_holder", "strings",
        "templates", "themes", "tunneling", "utils", "validators", "wasm_utils",
    }
)  # fmt: skip
"""Submodules that programs import from."""
