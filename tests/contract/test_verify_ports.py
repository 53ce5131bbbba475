"""The rules of Resolver and WriteProbe, on the fakes and through DNS and TLS on loopback."""

import pytest

from dr_core.settings import parse_connect_to
from dr_core.verify.dns import DnsResolver, servers_from
from dr_core.verify.http import HttpProbe
from dr_core.verify.memory import MemoryProbe, MemoryResolver
from dr_core.verify.port import Resolver, WriteProbe

SOURCE = "eu-central-1"
URL = "https://api.example.com/dr-probe"
HEALTH = "https://api-eu-west-1.example.com/health"


@pytest.fixture
def resolver(stage) -> Resolver:
    if stage.endpoints is not None:
        host, port = stage.endpoints.resolver.split(":")
        return DnsResolver(servers_from([(host, int(port)), ("127.0.0.1", 1)]), timeout_s=0.5)
    fake = MemoryResolver()
    fake.values[("api.example.com", "A")] = ("192.0.2.1",)
    fake.silent.add("resolver-2:53")
    return fake


@pytest.fixture
def probe(stage) -> WriteProbe:
    if stage.endpoints is not None:
        entries = [entry.curl for entry in parse_connect_to(stage.endpoints.connect_to)]
        return HttpProbe(connect_to=entries, ca=stage.endpoints.ca_path)
    fake = MemoryProbe({URL: SOURCE, HEALTH: "eu-west-1"})
    stage.take_down = lambda region: fake.regions.update({URL: None})
    return fake


def test_every_server_is_asked_and_a_silent_one_gives_a_reason(resolver):
    heard, silent = resolver.answers("api.example.com", "A")
    assert len(heard.values or ()) == 1
    assert heard.ttl_s == 30
    assert silent.values is None
    assert silent.reason


def test_a_name_without_a_record_is_an_empty_answer(resolver):
    heard, _ = resolver.answers("nothing.example.com", "A")
    assert heard.values == ()
    assert heard.ttl_s is None


def test_a_write_is_read_back_and_names_its_region(probe):
    result = probe.write_and_read(URL, "token-1")
    assert (result.ok, result.region) == (True, SOURCE)
    assert result.latency_ms is not None


def test_a_write_that_nobody_takes_is_not_ok_and_says_why(stage, probe):
    stage.take_down(SOURCE)
    result = probe.write_and_read(URL, "token-2")
    assert not result.ok
    assert result.detail


def test_health_names_its_region(probe):
    result = probe.health(HEALTH)
    assert (result.ok, result.region) == (True, "eu-west-1")


def test_a_host_that_is_not_trusted_does_not_count(stage):
    if stage.endpoints is None:
        pytest.skip("the fake has no certificates")
    entries = [entry.curl for entry in parse_connect_to(stage.endpoints.connect_to)]
    result = HttpProbe(connect_to=entries).health(HEALTH)
    assert not result.ok
    assert "certificate" in result.detail.lower()
