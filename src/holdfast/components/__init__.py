"""One file per component: the browser's value to the Python value and back."""
