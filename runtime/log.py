"""Structured logs on standard error: JSON lines for the journal, readable ones for a person at a terminal.

No member data: tracebacks carry no local variables, and nobody passes a code, a handle or a name.
"""

import logging
import sys

import structlog


def start_logging(level: str = "info") -> None:
    """Send every log line, our libraries' too, through structlog at `level` and above."""
    human = sys.stderr.isatty()
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if human
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    traceback: list[structlog.typing.Processor] = [] if human else [structlog.processors.format_exc_info]
    structlog.configure(
        processors=[*shared, *traceback, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *traceback, renderer], foreign_pre_chain=shared
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
