"""The records of a batch as they were received, and the way to some of them.

The text table lies in a mapped file, in the order of the deliveries. What is wanted of it is cut
out by position: a query would carry every cell of a million rows past a handful of keys.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np
import pyarrow as pa

from task_warehouse.checking.refusals import Extent
from task_warehouse.mapping import RECORD_BITS, Delivery


class Received:
    """The text table ``text`` of ``deliveries``, in their order."""

    def __init__(
        self, text: pa.Table, deliveries: Sequence[Delivery], extents: Mapping[str, Extent]
    ) -> None:
        rows = [
            extents[item.delivery_id].rows if item.delivery_id in extents else 0
            for item in deliveries
        ]
        self._text = text
        self._datasets = [item.dataset for item in deliveries]
        self._first_rows = np.concatenate([[0], np.cumsum(rows)]).astype(np.int64)

    def of_dataset(self, dataset: str) -> pa.Table:
        """The part of the text table that holds the deliveries of ``dataset``."""
        slices, first = [], 0
        for name, run in groupby(self._datasets):
            after = first + len(list(run))
            if name == dataset:
                start, end = (int(self._first_rows[number]) for number in (first, after))
                slices.append(self._text.slice(start, end - start))
            first = after
        return pa.concat_tables(slices)

    def records(self, row_ids: Any) -> pa.Table:
        """The rows of the text table that ``row_ids`` (int64 array, see mapping) stand for.

        Each says its delivery and record; that these are the ones asked for is the reader's word,
        so whoever joins them does it by what they say.
        """
        numbers, records = row_ids >> RECORD_BITS, row_ids & (2**RECORD_BITS - 1)
        places = np.sort(self._first_rows[numbers] + records - 1)
        # Piece by piece: taking from the whole would first copy the whole.
        pieces = self._text.to_batches()
        starts = np.cumsum([0, *(len(piece) for piece in pieces)])
        cuts = np.searchsorted(places, starts)
        taken = [
            piece.take(pa.array(places[cuts[at] : cuts[at + 1]] - starts[at]))
            for at, piece in enumerate(pieces)
        ]
        return pa.Table.from_batches(taken, self._text.schema)
