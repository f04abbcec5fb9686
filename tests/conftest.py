"""What every test stands on."""

from hypothesis import HealthCheck, settings

# The machines are shared and noisy: a law is judged by what it finds, never by how long it took.
settings.register_profile("posd", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("posd")
