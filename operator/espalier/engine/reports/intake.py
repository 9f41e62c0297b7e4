"""How a batch is taken: in its study's turn, in slices, so that nobody waits long for another."""

from __future__ import annotations

from collections.abc import Callable

from espalier.engine.reports.admitting import admit
from espalier.engine.reports.limits import too_fast
from espalier.engine.reports.loop_share import Account, LoopShare
from espalier.engine.reports.store_share import StoreShare
from espalier.engine.reports.study_writer import StudyWriter
from espalier.engine.reports.submission import Binding, CheckedBatch
from espalier.engine.reports.taking import Taking
from espalier.errors import EspalierError, RetryLater
from espalier.store import Store


class Intake:
    """Takes batches, each study's one after the other, all studies' side by side.

    Parameters
    ----------
    store : Store
        Tells which values of an ended trial are there.
    share : LoopShare
        Whose turn it is, and which limits hold.
    sound : callable
        Returns the study of a uid that is in memory and in step with the store; else raises
        `RetryLater`.
    clock : callable
        Seconds since the epoch.
    judged : callable
        Told of namespace, study and the seconds that a slice took.
    """

    def __init__(
        self,
        store: Store,
        share: LoopShare,
        sound: Callable[[str], StudyWriter],
        clock: Callable[[], float],
        judged: Callable[[str, str, float], None],
    ) -> None:
        self._store = store
        self._share = share
        self._sound = sound
        self._clock = clock
        self._judged = judged
        self._accounts: dict[str, Account] = {}
        self._room = StoreShare(store, share.limits.store_share)

    async def check_room(self, study: StudyWriter) -> None:
        """Raise where the study's namespace may store no more.

        Raises
        ------
        LimitReached
            It has used up its share.
        RetryLater
            The store does not answer.
        """
        await self._room.count()
        self._room.check(study.row.namespace)

    async def take(self, study: StudyWriter, binding: Binding, batch: CheckedBatch) -> Taking:
        """Take a batch in slices, after those of its study that came before.

        Raises
        ------
        ReportError
            The batch contradicts what is stored, or is too much: nothing of it was taken.
        RetryLater
            The study is not in step with the store: send it again.
        """
        account, size = self._account(study), len(batch.reports)
        wait = account.values_due(self._share.clock())
        if wait > 0:
            message = "this study sends values faster than it may; send again later, or fewer"
            raise too_fast("values_a_second", message, wait)
        if (wait := self._share.wait_of(account)) > self._share.limits.longest_wait:
            message = "this study's values take longer to judge than it may use; send again later"
            raise too_fast("loop_share", message, wait)
        await self._room.count()
        account.queued += size
        # Charged while it waits, so that a queue is bounded; what is no news is given back.
        account.came(size)
        news = 0
        try:
            async with study.turn:
                taking = await self._take_in_turn(study, binding, batch, account)
            news = taking.accepted
            return taking
        finally:
            account.queued -= size
            account.came(news - size)

    async def _take_in_turn(
        self, study: StudyWriter, binding: Binding, batch: CheckedBatch, account: Account
    ) -> Taking:
        stored: dict[tuple[str, int], float] = {}
        if not study.trial(binding.number).knows_values:
            await study.settled()
            keys = [(report.metric, report.step) for report in batch.reports]
            stored = await self._store.known(study.row.id, binding.number, binding.attempt, keys)
        if self._share.due(account) > 0:
            await self._share.turn(account)
        self._still(study)
        taking = admit(study, binding, batch, stored, self._share.limits)
        try:
            if taking.news:
                self._room.check(study.row.namespace)
            while not taking.done:
                self._slice(study, taking, account)
                if not taking.done:
                    await self._share.turn(account)
                    self._still(study)
        finally:
            study.end(taking)
        return taking

    def _slice(self, study: StudyWriter, taking: Taking, account: Account) -> None:
        """Judge for as long as one post may at a stretch."""
        clock, before = self._share.clock, taking.taken
        began = clock()
        until = began + self._share.limits.slice_seconds
        try:
            study.go_on(taking, self._clock(), lambda: clock() >= until)
        except EspalierError:
            raise
        except Exception:
            # Half of the slice may have been judged; the store knows what counts.
            study.failures = -1
            raise
        finally:
            seconds = clock() - began
            account.judged(seconds, taking.taken - before)
            self._judged(study.row.namespace, study.row.name, seconds)

    def _still(self, study: StudyWriter) -> None:
        """Raise `RetryLater` unless this is the study in memory, and in step with the store."""
        if self._sound(study.row.uid) is not study:
            raise RetryLater("the study is being read again; send again", after=0.5)

    def forget(self, study_uid: str) -> None:
        """Forget a study that was deleted."""
        self._accounts.pop(study_uid, None)

    def _account(self, study: StudyWriter) -> Account:
        account = self._accounts.get(study.row.uid)
        if account is None:
            account = self._accounts[study.row.uid] = self._share.account()
        return account
