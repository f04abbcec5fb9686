"""When to try again: full jitter, Retry-After honored. Pure: chance comes in as a number from 0 to 1."""

FIRST_WAIT_S = 1.0
WAIT_S_MAX = 60.0  # 5,000 terminals at half of this on average are 170 requests a second, which head office bears
RETRY_AFTER_S_MAX = 900.0  # what head office, or a proxy before it, may ask for; a slip there must not silence a shop for a day


def wait_s(failures: int, chance: float, retry_after_s: float | None = None) -> float:
    """Seconds to wait after `failures` failures in a row (1 or more).

    Full jitter: anything up to the doubled bound, so that terminals which failed together do not come back together. Where head
    office said how long, at least that (up to RETRY_AFTER_S_MAX) and at most twice that.
    """
    if retry_after_s is not None:
        return min(retry_after_s, RETRY_AFTER_S_MAX) * (1 + chance)
    return chance * min(WAIT_S_MAX, FIRST_WAIT_S * 2.0 ** min(failures - 1, 30))
