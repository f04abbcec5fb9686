"""What every test stands on."""

from hypothesis import HealthCheck, Phase, settings

# The machines are shared and noisy: a law is judged by what it finds, never by how long it took.
settings.register_profile("posd", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("posd")
# A mutant is met by the same few examples each time, and nobody needs the smallest one that caught it.
settings.register_profile(
    "mutants", settings.get_profile("posd"), max_examples=25, derandomize=True, phases=(Phase.explicit, Phase.generate)
)
