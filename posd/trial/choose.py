""" "As often as may be": how many times that is, found by asking the rules themselves."""

from collections.abc import Callable, Mapping

from loyalty.quote import Offer, Quote

ROUNDS = 8  # what a sale earns may pay in it, so each answer may allow a little more or less

Ask = Callable[[Mapping[str, int]], Quote]


def chosen(ask: Ask, wanted: Mapping[str, int]) -> Quote:
    """The quote with `wanted` rewards, so many times each; 0 is as often as may be, after those before it in order.

    One that is not to be had even once is left out.
    """
    times = {reward: many for reward, many in wanted.items() if many}
    most = [reward for reward, many in wanted.items() if not many]
    for reward in most:
        _set(times, reward, _most(ask, times, reward))
    for reward in most:  # a later one may have taken the room of an earlier one, such as a wallet's
        if reward in times and not _offer(ask(times), reward).times:
            del times[reward]
            _set(times, reward, _most(ask, times, reward))
    return ask({reward: times[reward] for reward in wanted if reward in times})


def _most(ask: Ask, times: Mapping[str, int], reward: str) -> int:
    best, tries = 0, _offer(ask(times), reward).times_max or 1
    for _ in range(ROUNDS):
        offer = _offer(ask({**times, reward: tries}), reward)
        best = max(best, offer.times)
        if offer.times_max <= best:
            return best
        tries = offer.times_max
    return best


def _offer(found: Quote, reward: str) -> Offer:
    return next(offer for offer in found.offers if offer.reward == reward)


def _set(times: dict[str, int], reward: str, many: int) -> None:
    if many:
        times[reward] = many
