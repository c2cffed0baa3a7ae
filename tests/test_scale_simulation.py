"""The simulation of many workers: what must hold whatever its numbers are."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest


def _loaded() -> ModuleType:
    path = Path(__file__).parents[1] / "benchmarks" / "scale_simulation.py"
    spec = importlib.util.spec_from_file_location("scale_simulation", path)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = found
    spec.loader.exec_module(found)
    return found


simulation = _loaded()
PLAIN = simulation.World(call_s=1.0, book_s=0.0, message_s=0.0)


@pytest.mark.parametrize("in_flight", [1, 8, 32])
def test_without_any_trouble_it_is_ideal(in_flight: int) -> None:
    found = simulation.simulate(replace(PLAIN, in_flight=in_flight), 640)
    assert found.seconds == pytest.approx(640 / in_flight)
    assert (found.sent, found.lost) == (640, 0)


def test_the_book_keeper_bounds_what_any_number_of_workers_can_do() -> None:
    found = simulation.simulate(replace(PLAIN, workers=100, in_flight=10_000, book_s=0.001), 20_000)
    assert found.seconds >= 20_000 * 0.001
    assert found.busy > 0.9


def test_a_servers_rate_is_never_exceeded() -> None:
    found = simulation.simulate(replace(PLAIN, in_flight=1000, rate=50.0), 500)
    assert found.seconds >= 500 / 50


def test_what_a_worker_loses_is_sent_again_and_counted() -> None:
    found = simulation.simulate(replace(PLAIN, fails_every_s=20.0), 2000)
    assert found.lost > 0
    assert found.sent == 2000 + found.lost


def test_stragglers_hold_nobody_but_themselves() -> None:
    world = replace(PLAIN, in_flight=32, straggles=0.01)
    assert simulation.simulate(world, 5000).efficiency(world, 5000) > 0.85


def test_what_was_measured_sets_the_one_free_number() -> None:
    world = replace(PLAIN, message_s=0.25)
    seconds = simulation.simulate(world, 640).seconds
    assert simulation.calibrated(PLAIN, 640, seconds).message_s == pytest.approx(0.25, abs=0.01)
