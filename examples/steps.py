"""Steps: Two buttons fill one form.

Two buttons write one State, one field after the other. Press both at once: they take turns, and neither field is
lost.
"""

from typing import Any

import holdfast as gr

Form = dict[str, Any]


def set_name(name: str, form: Form) -> tuple[Form, str]:
    """First step."""
    form["name"] = name
    return form, f"Hello {name}. How old are you?"


def set_age(age: float, form: Form) -> tuple[Form, str]:
    """Second step; it needs the first."""
    if "name" not in form:
        return form, "Please say your name first."
    form["age"] = int(age)
    return form, f"Thank you: {form['name']}, {form['age']}."


with gr.Blocks(title="Two steps") as demo:
    form = gr.State({})
    with gr.Row():
        name = gr.Textbox(label="Name")
        age = gr.Number(label="Age", value=30)
    with gr.Row():
        save_name = gr.Button("Save name")
        save_age = gr.Button("Save age")
    status = gr.Textbox(label="Status", interactive=False)
    save_name.click(set_name, [name, form], [form, status])
    save_age.click(set_age, [age, form], [form, status])

if __name__ == "__main__":
    demo.launch()
