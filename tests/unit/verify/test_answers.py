"""Which regions an answer of DNS belongs to."""

from dr_core.verify.answers import addresses_by_region, answering
from dr_core.verify.memory import MemoryResolver

ONE, TWO = "eu-north-1", "eu-south-1"
BY_REGION = {ONE: frozenset({"192.0.2.1"}), TWO: frozenset({"192.0.2.2", "192.0.2.3"})}


def test_an_answer_belongs_to_the_region_whose_address_it_is():
    assert answering(("192.0.2.3",), BY_REGION).regions == (TWO,)


def test_an_answer_with_addresses_of_two_regions_belongs_to_both():
    assert answering(("192.0.2.1", "192.0.2.2"), BY_REGION).regions == (ONE, TWO)


def test_an_address_of_no_region_is_a_stranger():
    found = answering(("203.0.113.9",), BY_REGION)
    assert (found.regions, found.strangers) == ((), ("203.0.113.9",))
    assert found.sentence == "unknown 203.0.113.9"


def test_an_empty_answer_is_said_to_be_nothing():
    assert answering((), BY_REGION).sentence == "nothing"


def test_host_names_are_compared_without_case_and_final_dot():
    by_region = addresses_by_region({ONE: ("LB.one.test.",)}, "CNAME", MemoryResolver())
    assert answering(("lb.ONE.test.",), by_region).regions == (ONE,)


def test_an_alias_stands_for_the_addresses_of_its_target():
    resolver = MemoryResolver()
    resolver.values[("lb.one.test", "A")] = ("192.0.2.7",)
    assert addresses_by_region({ONE: ("lb.one.test.",)}, "A", resolver) == {ONE: frozenset({"192.0.2.7"})}
