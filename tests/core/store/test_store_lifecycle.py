"""Whatever order asks, claims, ends and deaths come in, a request keeps its lifecycle.

Beside the store runs the lifecycle as it is told in the protocol, on plain Python objects.
"""

import dataclasses
import tempfile
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from spotify_assets.core.store import ArtistRequest, State, open_at

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LEASE = timedelta(minutes=10)
MAX_ATTEMPTS = 3

KEYS = st.sampled_from(["aespa", "에스파", "aespa ", "'--"])
RUNS = st.sampled_from(["run1", "run2"])
ENDS = st.sampled_from([State.DONE, State.NOT_FOUND, State.FAILED])
WAITS = st.sampled_from([None, timedelta(0), timedelta(minutes=5), timedelta(hours=1)])
UNFINISHED = (State.PENDING, State.RUNNING)


class Lifecycle(RuleBasedStateMachine):
    """Random steps on a store, each taken by the model too."""

    @initialize()
    def begin(self) -> None:
        self.directory = tempfile.TemporaryDirectory()
        self.store = open_at(f"sqlite:///{self.directory.name}/serving.db")
        self.model: dict[str, ArtistRequest] = {}
        self.before: dict[str, ArtistRequest] = {}
        self.now = NOON

    def teardown(self) -> None:
        self.store.close()
        self.directory.cleanup()

    def change(self, key: str, **values: object) -> None:
        self.model[key] = dataclasses.replace(self.model[key], **values)

    def may_start(self, request: ArtistRequest) -> bool:
        return request.next_attempt_at is None or request.next_attempt_at <= self.now

    def held(self, run: str) -> list[str]:
        return sorted(k for k, r in self.model.items() if (r.state, r.run_id) == (State.RUNNING, run))

    @rule(minutes=st.sampled_from([1, 4, 11, 60]))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(key=KEYS)
    def ask(self, key: str) -> None:
        request = self.model.get(key)
        if request is None:
            self.model[key] = ArtistRequest(
                key, key, State.PENDING, (), 0, 1, 1, self.now, self.now, changed_at=self.now
            )
        else:
            self.change(key, ask_count=request.ask_count + 1, last_asked_at=self.now)
            ended = request.state in (State.NOT_FOUND, State.FAILED)
            if request.state is State.DONE or (ended and self.may_start(request)):
                generation = request.generation + 1
                self.change(key, state=State.PENDING, generation=generation, attempts=0, changed_at=self.now)
                self.change(key, artist_ids=(), next_attempt_at=None, run_id=None, error=None)
        assert self.store.requests.ask(key, key.upper() if request else key, self.now) == self.model[key]

    @rule(keys=st.lists(KEYS, max_size=5), run=RUNS)
    def claim(self, keys: list[str], run: str) -> None:
        had = [key for key in self.held(run) if key in keys]
        got = []
        for key in sorted(set(keys) & self.model.keys()):
            if self.model[key].state is State.PENDING and self.may_start(self.model[key]):
                got.append(key)
                self.change(key, state=State.RUNNING, run_id=run, next_attempt_at=None, changed_at=self.now)
        for key in got + had:
            self.change(key, lease_until=self.now + LEASE)
        claimed = self.store.requests.claim(keys, run, self.now, self.now + LEASE)
        assert claimed == [self.model[key] for key in got + had]

    @rule(key=KEYS, run=RUNS, ids=st.lists(st.sampled_from(["a1", "a2"]), max_size=2))
    def resolve(self, key: str, run: str, ids: list[str]) -> None:
        if key in self.held(run):
            self.change(key, artist_ids=tuple(ids))
        self.store.requests.resolve(key, run, ids)

    @rule(key=KEYS, run=RUNS, end=ENDS, wait=WAITS)
    def finish(self, key: str, run: str, end: State, wait: timedelta | None) -> None:
        holds = key in self.held(run)
        again = None if wait is None else self.now + wait
        if holds:
            attempts = self.model[key].attempts + (end is State.FAILED)
            self.change(key, state=end, attempts=attempts, lease_until=None, changed_at=self.now)
            self.change(key, error="why", next_attempt_at=again)
        assert self.store.requests.finish(key, run, end, self.now, "why", again) is holds

    @rule(run=RUNS, wait=WAITS)
    def die(self, run: str, wait: timedelta | None) -> None:
        again = None if wait is None else self.now + wait
        keys = self.held(run)
        for key in keys:
            attempts = self.model[key].attempts + 1
            self.change(key, attempts=attempts, lease_until=None, error="it died", next_attempt_at=again)
            if attempts >= MAX_ATTEMPTS:
                self.change(key, state=State.FAILED, changed_at=self.now)
            else:
                self.change(key, state=State.PENDING, run_id=None, changed_at=self.now)
        given = self.store.requests.give_back(run, self.now, "it died", MAX_ATTEMPTS, again)
        assert given == [self.model[key] for key in keys]

    @invariant()
    def the_store_stands_where_the_lifecycle_does(self) -> None:
        requests = {request.name_key: request for request in self.store.requests.all()}
        assert requests == self.model
        counted = {state: sum(r.state is state for r in requests.values()) for state in State}
        assert self.store.requests.counts() == counted
        pending = [r for r in self.model.values() if r.state is State.PENDING and self.may_start(r)]
        assert self.store.requests.due(self.now, 9) == sorted(
            pending, key=lambda r: (r.first_asked_at, r.name_key)
        )
        late = {r.name_key for r in requests.values() if r.lease_until and r.lease_until < self.now}
        assert {r.name_key for r in self.store.requests.expired(self.now)} == late

    @invariant()
    def nothing_goes_back_in_time(self) -> None:
        requests = {request.name_key: request for request in self.store.requests.all()}
        assert self.before.keys() <= requests.keys(), "a request was lost"
        for key, old in self.before.items():
            new = requests[key]
            assert new.generation >= old.generation
            assert new.ask_count >= old.ask_count
            assert (new.query, new.first_asked_at) == (old.query, old.first_asked_at)
            if new.generation == old.generation:
                assert new.attempts >= old.attempts
                if old.state not in UNFINISHED:
                    assert new.state is old.state, "an end is final within its generation"
        for request in requests.values():
            running = request.state is State.RUNNING
            assert (request.lease_until is not None) == running
            assert request.run_id is not None or not running
            assert request.state is not State.PENDING or request.run_id is None
        self.before = requests


TestLifecycle = Lifecycle.TestCase
TestLifecycle.settings = settings(
    max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
