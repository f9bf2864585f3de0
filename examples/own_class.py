"""Own class: Any object is a State.

A State may hold an object of your own class, replaced or changed in place. Both count as a change, and both are
undone when the function fails.
"""

from dataclasses import dataclass, field

import holdfast as gr


@dataclass
class Trip:
    """Where somebody goes and what they take."""

    stops: list[str] = field(default_factory=list)
    luggage: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        packed = ", ".join(f"{number} x {thing}" for thing, number in self.luggage.items())
        return f"{' - '.join(self.stops) or 'nowhere yet'} with {packed or 'nothing'}"


def start() -> tuple[Trip, str]:
    """A new object takes the old one's place."""
    trip = Trip(stops=["Home"])
    return trip, str(trip)


def extend(trip: Trip, stop: str) -> tuple[Trip, str]:
    """The same object, changed in place."""
    trip.stops.append(stop or "Somewhere")
    trip.luggage["socks"] = trip.luggage.get("socks", 0) + 2
    return trip, str(trip)


with gr.Blocks(title="Trip") as demo:
    trip = gr.State(Trip())
    stop = gr.Textbox(label="Next stop")
    with gr.Row():
        begin = gr.Button("Start again")
        go = gr.Button("Add the stop", variant="primary")
    plan = gr.Textbox(label="Plan", interactive=False)
    begin.click(start, None, [trip, plan])
    go.click(extend, [trip, stop], [trip, plan])

if __name__ == "__main__":
    demo.launch()
