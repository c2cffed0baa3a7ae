"""A check on real Ray workers: the report of one process. Needs ray, which is no package of the tests' environment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from promptci.commands.check import check
from promptci.models.connect import connect
from tests.commands.test_in_batch import say
from tests.commands.test_shard import HARMLESS, WORSE, fresh, told
from tests.conftest import CONFIG, Repo
from tests.models.batchserver import BatchServer

pytestmark = [pytest.mark.fault, pytest.mark.filterwarnings("default")]


@pytest.fixture(scope="module")
def server() -> Iterator[BatchServer]:
    ray = pytest.importorskip("ray")
    with BatchServer(say=say) as found:
        yield found
    ray.shutdown()


@pytest.mark.parametrize("text", [WORSE, HARMLESS], ids=["worse", "harmless"])
def test_twenty_seeds_are_the_same_on_two_workers(text: str, repo: Repo, server: BatchServer) -> None:
    settings = CONFIG.replace("http://127.0.0.1:9/v1", server.url)
    repo.write("promptci.yaml", settings + "execution: {executor: ray, workers: 2}\n")
    repo.commit("Use the server", push=True)
    repo.write("note.txt", "The commit before names no other host.\n")
    repo.commit("Note it", push=True)
    repo.write("prompts/say.md", text)
    for seed in range(20):
        options = replace(repo.options(run="r", seed=seed), connect=connect)
        fresh(repo)
        alone = check(replace(options, executor="local"))
        fresh(repo)
        assert told(check(options)) == told(alone)
