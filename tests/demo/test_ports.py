"""Ports for what is started a moment later: free ones, and nobody else's meanwhile."""

import os
import socket
from itertools import combinations

import pytest

from simulation.demo.switches import PORTS, free_ports


def test_no_port_is_given_twice_and_none_that_the_system_would_give_to_somebody() -> None:
    found = [*free_ports(30), *free_ports(30)]
    assert len(set(found)) == 60
    assert set(found) <= set(PORTS)


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_a_port_that_is_taken_is_passed_over(kind: socket.SocketKind) -> None:
    [before] = free_ports(1)
    following = PORTS[(PORTS.index(before) + 1) % len(PORTS)]
    with socket.socket(type=kind) as taken:
        taken.bind(("127.0.0.1", following))
        assert free_ports(1) != [following]


def test_processes_that_are_started_together_look_far_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = []
    for number in range(40_000, 40_008):
        monkeypatch.setattr(os, "getpid", lambda number=number: number)
        begun += free_ports(1)
    assert min(abs(one - other) for one, other in combinations(begun, 2)) > 100
