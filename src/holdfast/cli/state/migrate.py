"""The action `migrate`: update cells to the program's versions and the current key, in this store or another one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from holdfast.cli.state.cells import Stored, Wanted, cells, claimed, open_cell
from holdfast.cli.state.export_import import write_cells
from holdfast.cli.state.file import Line
from holdfast.cli.state.loader import OpenStore
from holdfast.cli.state.output import Output, plural
from holdfast.state.codec import DecodeError, encode
from holdfast.state.persistence.history import cell_name, dump, load
from holdfast.state.persistence.reader import ASIDE, Reader, place
from holdfast.state.settings import StateOptions
from holdfast.state.spec import CellSpec
from holdfast.stores import Store, Write

Specs = Mapping[tuple[str, str], CellSpec]
"""The program's States by scope and name of their cells."""


@dataclass
class Migration:
    """A run of the migration.

    Args:
        source: Store to read cells from.
        target: Store to write them to: the source itself, or another store.
        specs: The program's States.
        output: Output of the command.
        force: Overwrite newer cells in another store.
        dry_run: Do not write anything.
    """

    source: OpenStore
    target: OpenStore
    specs: Specs
    output: Output
    force: bool
    dry_run: bool
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("migrated", "copied", "same", "failed"), 0))

    async def run(self) -> int:
        """Migrate all cells.

        Returns:
            1 if some cells could not be migrated and are unchanged.

        Raises:
            StateError: The other store belongs to another app.
        """
        self.source.opener()
        self.target.opener()
        self.target.check_names(self.source.names, force=self.force)
        await self.target.settle_names(self.source.names, dry_run=self.dry_run)
        async for info, cell in cells(self.source.store, Wanted()):
            self.output.step()
            try:
                data, what = self._today(cell)
            except DecodeError as error:
                self.counts["failed"] += 1
                self.output.write(
                    f"not migrated: {cell.key.name!r} of {cell.key.owner}: {error}",
                    {"owner": cell.key.owner, "name": cell.key.name, "problem": str(error)},
                )
                continue
            await self._write(Line(cell._replace(data=data), info.expires), cell, what)
        counts = self.counts
        text = f"{plural(counts['migrated'], 'cell')} migrated, {counts['same']:,} already up to date"
        if self.target is not self.source:
            text = f"{text}, {counts['copied']:,} written to {self.target.store.url}"
        if counts["failed"]:
            text = f"{text}, {counts['failed']:,} could not be migrated and are unchanged"
        self.output.write(f"{text}.{' Nothing was written.' if self.dry_run else ''}", {**counts})
        return 1 if counts["failed"] else 0

    def _today(self, cell: Stored) -> tuple[bytes, str]:
        """Return a cell's data for the target, and the action taken."""
        if cell.key.owner == ASIDE:
            return cell.data, "same"
        source, target = self.source.opener(), self.target.opener()
        opened = open_cell(source, cell)
        scope, _, _ = cell.key.owner.partition(":")
        spec = self.specs.get((scope, cell.key.name))
        head = cell.head
        of = self.specs.get((scope, cell_name(cell.key.name)))
        secret = head is not None and head.secret
        payload, schema, what = opened.payload, opened.schema, "same"
        if spec is not None and (opened.schema != spec.version or secret != spec.secret):
            reader = Reader(self.source.store, source, StateOptions())
            payload = encode(reader.decoded(spec, cell.key, cell.data).value)
            schema, secret, what = spec.version, spec.secret, "migrated"
        elif spec is None and of is not None and (opened.schema != of.version or secret != of.secret):
            payload = dump(load(opened, of, StateOptions().history_limit))
            schema, secret, what = of.version, of.secret, "migrated"
        if what == "same" and head is not None and target.is_current(head):
            return cell.data, "same"
        sealed = target.seal(payload, place(cell.key), schema=schema, expires=opened.expires, secret=secret)
        return sealed, "migrated"

    async def _write(self, line: Line, before: Stored, what: str) -> None:
        if self.target is self.source:
            if what == "migrated" and not self.dry_run:
                what = await _replace(self.source.store, before, line.cell.data)
        elif not self.dry_run:
            self.counts["copied"] += (await write_cells(self.target.store, [line], force=self.force)).written
        self.counts[what] += 1


async def _replace(store: Store, cell: Stored, data: bytes) -> str:
    """Write a cell's new data while holding its lane, unless the cell was written meanwhile."""
    claim = await claimed(store, [cell.key])
    try:
        record = claim.records[0]
        if record is None or record.version != cell.version:
            return "same"
        announce = not cell.key.owner.startswith("session:")
        await store.commit([Write(cell.key, cell.version + 1, data, cell.version, announce)], [claim])
    finally:
        await store.release(claim)
    return "migrated"
