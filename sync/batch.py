"""Records as they travel: joined by newlines, compressed (zstd, RFC 8878)."""

from collections.abc import Iterable

import zstandard

from sync import wire

ZSTD_LEVEL = 1
NEWLINE = b"\n"


def pack(records: Iterable[bytes]) -> bytes:
    """A batch as it travels."""
    return zstandard.ZstdCompressor(level=ZSTD_LEVEL).compress(NEWLINE.join(records))


def unpack(body: bytes) -> list[bytes]:
    """The records of a batch, verbatim. Raises ValueError for what is not one, or inflates beyond INFLATED_BYTES_MAX."""
    try:
        length = zstandard.frame_content_size(body)
        if length > wire.INFLATED_BYTES_MAX:
            raise ValueError(f"the batch inflates to more than {wire.INFLATED_BYTES_MAX} bytes")
        data = zstandard.ZstdDecompressor().decompress(body, max_output_size=wire.INFLATED_BYTES_MAX, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise ValueError(f"not a zstd frame: {error}") from error
    records = data.split(NEWLINE)
    if not data or len(records) > wire.BATCH_RECORDS_MAX:
        raise ValueError(f"a batch has 1 to {wire.BATCH_RECORDS_MAX} records")
    return records
